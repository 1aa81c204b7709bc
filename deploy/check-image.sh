#!/bin/sh
# Runs the steps of the Dockerfile's first stage in an empty folder, without Docker, then starts the
# commands of compose.yaml with what came out, as an account that may only read it.
#   deploy/check-image.sh [external|embedded]       PYTHON: an interpreter with requirements/dev.txt
set -eu
cd "$(dirname "$0")/.."
ENGINES=${1:-external}
PYTHON=$(realpath -s "${PYTHON:-.venv/bin/python}")
image=$(mktemp -d)
trap 'chmod -R u+w "$image"; rm -rf "$image"' EXIT
chmod 755 "$image"
mkdir "$image/app" "$image/context"

# The build context, as .dockerignore leaves it.
sed -n 's/^!//p' .dockerignore | xargs git ls-files -z | xargs -0 cp --parents -t "$image/context"

# `pip --python` and `venv` of the interpreter under test, as the base image has them.
"$PYTHON" -m venv "$image/base"
PATH="$image/base/bin:$PATH"
export ENGINES PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore

# Continued lines joined, the first stage only, each step in /app with / moved to the folder.
sed -e ':join' -e '/\\$/{N;s/ *\\\n */ /;b join' -e '}' Dockerfile |
  sed -n '/^FROM .* AS build$/,/^FROM python[^ ]*$/p' |
  while read -r instruction rest; do
    case $instruction in
      RUN)
        echo "RUN $rest"
        (cd "$image/app" && sh -eu -c "$(echo "$rest" | sed "s#/venv#$image/venv#g")") </dev/null
        ;;
      COPY)
        echo "COPY $rest"
        mkdir -p "$(dirname "$image/app/${rest#* }")"
        (cd "$image/context" && cp -R "${rest% *}" "$image/app/${rest#* }")
        ;;
    esac
  done
rm -rf "$image/context" "$image/base"
du -sh "$image/venv" "$image/app"

chmod -R a-w "$image"
reader=
[ "$(id -u)" -ne 0 ] || reader="setpriv --reuid=nobody --regid=nogroup --clear-groups"
# shellcheck disable=SC2086  # words
REVENGE_IMAGE=$image $reader "$PYTHON" -B -m pytest -p no:cacheprovider -q tests/deploy/test_parts.py

# With engines of its own the image's command is `up`, and its health check asks the edge.
[ "$ENGINES" = embedded ] || exit 0
cd "$image/app"
# shellcheck disable=SC2086
data=$($reader mktemp -d)
manage="$reader env -i PATH=$image/venv/bin:/usr/bin:/bin PYTHONDONTWRITEBYTECODE=1
  REVENGE_DATA_DIR=$data REVENGE_HOST=127.0.0.1 REVENGE_PORT=${REVENGE_PORT:-8096} python manage.py"
$manage up &
trap 'kill "$!"; wait "$!"; chmod -R u+w "$image"; rm -rf "$image" "$data"' EXIT
tries=0
until $manage stack check edge; do
  tries=$((tries + 1))
  [ "$tries" -lt 60 ] || exit 1
  sleep 2
done
