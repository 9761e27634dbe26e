// Tells on a line of the page how guessable what is typed is. Without this the page tells it when the form is sent.

const PAUSE_MILLISECONDS = 400;

function textFor(texts, score) {
  const item = document.querySelector(`${texts} [data-score="${Number(score)}"]`);
  return item ? item.textContent : "";
}

async function rate({ address, token, texts, values }) {
  const response = await fetch(address, {
    method: "POST",
    headers: { "X-CSRFToken": token.value },
    body: new URLSearchParams(values()),
    redirect: "error",
  });
  if (!response.ok) {
    return "";
  }
  const { score, refusal } = await response.json();
  return refusal || textFor(texts, score);
}

// `status` is the line, `address` where it is asked, `texts` the list with the words, `values` gives what is sent.
export function rateWhileTyped({ status, input, address, texts, values }) {
  const token = document.querySelector("input[name=csrfmiddlewaretoken]");
  if (!status || !input || !token) {
    return;
  }
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
      const text = await rate({ address, token, texts, values }).catch(() => null);
      if (text !== null && input.value === typed) {
        status.textContent = text;
      }
    }, PAUSE_MILLISECONDS);
  });
}
