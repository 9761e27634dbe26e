// Refreshes the numbers of the live page. Without this the page shows those of the moment it was asked for.

const EVERY_MILLISECONDS = 5000;

const live = document.querySelector("[data-live]");

function show({ cells, places }) {
  for (const element of live.querySelectorAll("[data-cell]")) {
    const text = cells[element.dataset.cell];
    // What did not change is left alone, and with it whatever somebody has marked or is being read.
    if (text !== undefined && element.textContent !== text) {
      element.textContent = text;
    }
  }
  for (const element of live.querySelectorAll("[data-place]")) {
    const place = places[element.dataset.place];
    if (place) {
      element.setAttribute("y", place[`${element.dataset.part}_y`]);
      element.setAttribute("height", place[`${element.dataset.part}_height`]);
    }
  }
}

async function refresh() {
  const response = await fetch(live.dataset.url, { redirect: "error", headers: { Accept: "application/json" } });
  if (!response.ok) {
    throw new Error("No numbers.");
  }
  const numbers = await response.json();
  if (numbers.shape !== live.dataset.shape) {
    window.location.reload(); // a provider more, another alarm: the server draws the page
    return;
  }
  show(numbers);
}

function begin() {
  const pause = live.querySelector("[data-pause]");
  const resume = live.querySelector("[data-resume]");
  const lost = live.querySelector("[data-lost]");
  let timer;

  async function turn() {
    if (!document.hidden) {
      try {
        await refresh();
        lost.hidden = true;
      } catch {
        lost.hidden = false;
      }
    }
    if (!resume.hidden) {
      return;
    }
    timer = setTimeout(turn, EVERY_MILLISECONDS);
  }

  function run(isOn) {
    clearTimeout(timer);
    pause.hidden = !isOn;
    resume.hidden = isOn;
    sessionStorage.setItem("operations-paused", isOn ? "" : "yes");
    if (isOn) {
      timer = setTimeout(turn, EVERY_MILLISECONDS);
    }
  }

  pause.addEventListener("click", () => {
    run(false);
    resume.focus();
  });
  resume.addEventListener("click", () => {
    run(true);
    pause.focus();
  });
  run(sessionStorage.getItem("operations-paused") !== "yes");
}

if (live) {
  begin();
}
