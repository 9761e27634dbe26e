// The camera, until it has seen a QR code.

import { decodeQR } from "../vendor/qr/decode.js";
import { onLeave } from "./screen.js";

const EVERY_MILLISECONDS = 150;
const LARGEST_SIDE = 720; // pixels: enough for a code on a screen, and quick

function frameOf(video, canvas) {
  const scale = Math.min(1, LARGEST_SIDE / Math.max(video.videoWidth, video.videoHeight));
  canvas.width = Math.round(video.videoWidth * scale);
  canvas.height = Math.round(video.videoHeight * scale);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

function textIn(frame) {
  try {
    return decodeQR(frame);
  } catch {
    return null; // no code in this frame
  }
}

// Show what the camera sees, and give each text to `seen` until it says that it was the one.
// Throws what getUserMedia throws when there is no camera, or it may not be used.
export async function scan(video, seen) {
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { facingMode: "environment", width: { ideal: 1280 } },
    audio: false,
  });
  let timer = null;
  const stop = () => {
    clearTimeout(timer);
    stream.getTracks().forEach((track) => track.stop());
  };
  if (!video.isConnected) {
    stop(); // the screen was left while the browser asked its owner
    return;
  }
  onLeave(stop);
  video.srcObject = stream;
  await video.play();
  const canvas = document.createElement("canvas");
  const look = () => {
    const text = video.videoWidth ? textIn(frameOf(video, canvas)) : null;
    if (text !== null && seen(text)) {
      stop();
      return;
    }
    timer = setTimeout(look, EVERY_MILLISECONDS);
  };
  look();
}
