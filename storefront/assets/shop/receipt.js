// Encodes the proof of a payment for upload. Photos of phones have megabytes, more than the API
// accepts, so they are scaled down; a receipt stays readable at a tenth of its size.
const MAX_CHARACTERS = 240_000; // of base64; the API accepts 250,000
const SIDES = [1600, 1200, 900, 600]; // pixels of the longer side, tried in this order

/** The file as base64, or null if it is neither a picture nor a PDF, or too large. */
export async function encodeReceipt(file) {
  if (file.type === "application/pdf") return base64WithinLimit(await readAsDataUrl(file));
  try {
    return scaleDown(await createImageBitmap(file));
  } catch {
    return null; // the browser cannot decode it, so staff could not view it either
  }
}

function scaleDown(bitmap) {
  for (const side of SIDES) {
    const data = base64WithinLimit(drawScaled(bitmap, side).toDataURL("image/jpeg", 0.7));
    if (data) return data;
  }
  return null;
}

function drawScaled(bitmap, side) {
  const canvas = document.createElement("canvas");
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff"; // transparent parts of a screenshot would become black in JPEG
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
}

const base64WithinLimit = (dataUrl) => {
  const base64 = dataUrl.slice(dataUrl.indexOf(",") + 1);
  return base64.length <= MAX_CHARACTERS ? base64 : null;
};

const readAsDataUrl = (file) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
