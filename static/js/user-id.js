// Tells how guessable a user ID is while it is typed (UID-5). Without this the page tells it when the form is sent.

const status = document.querySelector("[data-guessability]");
const input = document.querySelector("#id_user_id");
const token = document.querySelector("input[name=csrfmiddlewaretoken]");
const PAUSE_MILLISECONDS = 400;

function textFor(score) {
  const item = document.querySelector(`[data-guessability-texts] [data-score="${Number(score)}"]`);
  return item ? item.textContent : "";
}

async function rate(typed) {
  const response = await fetch(status.dataset.guessability, {
    method: "POST",
    headers: { "X-CSRFToken": token.value },
    body: new URLSearchParams({ user_id: typed }),
    redirect: "error",
  });
  if (!response.ok) {
    return "";
  }
  const { score } = await response.json();
  return textFor(score);
}

if (status && input && token) {
  let waiting;
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    const typed = input.value;
    if (!typed) {
      status.textContent = "";
      return;
    }
    waiting = setTimeout(async () => {
      // An answer that is late or lost leaves the line as it is: nobody needs it to go on.
      const text = await rate(typed).catch(() => null);
      if (text !== null && input.value === typed) {
        status.textContent = text;
      }
    }, PAUSE_MILLISECONDS);
  });
}
