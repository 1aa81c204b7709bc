// The part of a picture that is shown: dragged, zoomed, or moved by keys. Without this script it is
// the middle.

const STEP = 0.04;

function setUp(form) {
  const file = form.querySelector("input[type=file]");
  const area = form.querySelector("[data-crop-area]");
  const canvas = area.querySelector("canvas");
  const zoom = area.querySelector("input[type=range]");
  const fields = ["x", "y", "size"].map((name) => form.elements.namedItem(`crop_${name}`));
  let picture = null;
  let part = { x: 0, y: 0, size: 0 };

  function place(x, y, size) {
    const whole = Math.round(size);
    const within = (value, side) => Math.round(Math.min(Math.max(value, 0), side - whole));
    part = { x: within(x, picture.width), y: within(y, picture.height), size: whole };
    const paper = canvas.getContext("2d");
    paper.clearRect(0, 0, canvas.width, canvas.height);
    paper.drawImage(picture, part.x, part.y, whole, whole, 0, 0, canvas.width, canvas.height);
    fields.forEach((field, i) => (field.value = [part.x, part.y, part.size][i]));
  }

  function zoomTo(factor) {
    const size = Math.min(picture.width, picture.height) / factor;
    place(part.x + (part.size - size) / 2, part.y + (part.size - size) / 2, size);
  }

  function zoomBy(change) {
    zoom.value = Number(zoom.value) + change;
    zoomTo(Number(zoom.value));
  }

  file.addEventListener("change", async () => {
    fields.forEach((field) => (field.value = ""));
    area.hidden = true;
    picture?.close();
    picture = null;
    const [chosen] = file.files;
    if (!chosen) return;
    try {
      picture = await createImageBitmap(chosen, { imageOrientation: "from-image" });
    } catch {
      return; // the server says what is wrong with it
    }
    const size = Math.min(picture.width, picture.height);
    zoom.value = 1;
    area.hidden = false;
    place((picture.width - size) / 2, (picture.height - size) / 2, size);
  });

  zoom.addEventListener("input", () => zoomTo(Number(zoom.value)));

  canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    const scale = part.size / canvas.clientWidth;
    place(part.x - event.movementX * scale, part.y - event.movementY * scale, part.size);
  });

  const keys = {
    ArrowLeft: () => place(part.x - part.size * STEP, part.y, part.size),
    ArrowRight: () => place(part.x + part.size * STEP, part.y, part.size),
    ArrowUp: () => place(part.x, part.y - part.size * STEP, part.size),
    ArrowDown: () => place(part.x, part.y + part.size * STEP, part.size),
    "+": () => zoomBy(STEP),
    "-": () => zoomBy(-STEP),
  };
  canvas.addEventListener("keydown", (event) => {
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
}

document.querySelectorAll("[data-crop]").forEach(setUp);
