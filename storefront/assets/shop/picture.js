// A photo of a receipt, small enough for the API: phones take megabytes, and a receipt is readable
// in a tenth of one.
const MOST_CHARACTERS = 240_000; // of base64; the API takes 250,000
const SIDES = [1600, 1200, 900, 600];

/** The file as base64, pictures shrunk; null for what is no picture, or a document too large. */
export async function pictureOf(file) {
  if (file.type === "application/pdf") return small(await dataOf(file));
  try {
    return shrunk(await createImageBitmap(file));
  } catch {
    return null; // the browser cannot show it, so staff could not check it either
  }
}

function shrunk(picture) {
  const canvas = document.createElement("canvas");
  for (const side of SIDES) {
    const scale = Math.min(1, side / Math.max(picture.width, picture.height));
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    const context = canvas.getContext("2d");
    context.fillStyle = "#fff"; // a screenshot may be transparent
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const data = small(canvas.toDataURL("image/jpeg", 0.7));
    if (data) return data;
  }
  return null;
}

const small = (address) => {
  const data = address.slice(address.indexOf(",") + 1);
  return data.length <= MOST_CHARACTERS ? data : null;
};

const dataOf = (file) =>
  new Promise((take, refuse) => {
    const reader = new FileReader();
    reader.onload = () => take(reader.result);
    reader.onerror = () => refuse(reader.error);
    reader.readAsDataURL(file);
  });
