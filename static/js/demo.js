// Keeps the demo's codes fresh, and speaks those of audio code readers. Without it the page shows the codes of the moment it
// was loaded, and a link that loads anew.

const SPOKEN_SPEED = 0.7;

const displays = document.querySelectorAll("[data-serial]");
const address = new URL("devices.json", document.location.href);

async function refresh() {
  const response = await fetch(address);
  if (!response.ok) {
    return;
  }
  const shown = new Map((await response.json()).map((device) => [device.serial, device]));
  for (const display of displays) {
    const device = shown.get(display.dataset.serial);
    if (device) {
      display.querySelector("[data-code]").textContent = device.code;
      display.querySelector("[data-left]").textContent = device.seconds_left;
    }
  }
}

// One request at a time, and none while nobody looks.
async function keepFresh() {
  if (!document.hidden) {
    await refresh().catch(() => undefined);
  }
  window.setTimeout(keepFresh, 1000);
}

// Digit by digit, twice, in the language of the page, as an audio code reader does.
function speak(code) {
  const digits = [...code].join(", ");
  const spoken = new SpeechSynthesisUtterance(`${digits}. ${digits}.`);
  spoken.lang = document.documentElement.lang;
  spoken.rate = SPOKEN_SPEED;
  window.speechSynthesis.cancel();
  window.speechSynthesis.speak(spoken);
}

if ("speechSynthesis" in window) {
  for (const button of document.querySelectorAll("[data-speak]")) {
    const code = button.closest("[data-serial]").querySelector("[data-code]");
    button.addEventListener("click", () => speak(code.textContent));
    button.hidden = false;
  }
}

keepFresh();
