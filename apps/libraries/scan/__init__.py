"""From a folder of files to movies: names, side files and the streams inside them."""
