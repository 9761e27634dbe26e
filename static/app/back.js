// The phone's back button leads where the screen's own button back leads, and out of the app from its first screen.
// One entry of the browser's history stands for "inside", whatever the screen; used up, it is put there again.

const INSIDE = "inside";
let isLeaving = false; // the app itself goes back, because its first screen is shown

const isInside = () => history.state === INSIDE;
const wayBack = () => document.querySelector("#screen [data-back]");

export function noteScreen() {
  if (wayBack()) {
    if (!isInside()) {
      history.pushState(INSIDE, "", location.pathname);
    }
  } else if (isInside() && !isLeaving) {
    isLeaving = true;
    history.back();
  }
}

export function watchBack() {
  addEventListener("popstate", () => {
    const wasMeant = !isLeaving && !isInside() && !location.hash; // a link of a request comes in with a hash
    isLeaving = false;
    if (wasMeant) {
      wayBack()?.click();
    }
    if (!location.hash) {
      noteScreen();
    }
  });
}
