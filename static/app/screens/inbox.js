// The alerts that came to the app, newest first.

import { go } from "../router.js";
import { addRow, onClick, show, tell, timeOf } from "../screen.js";

const A_PAGE = 20;

export async function showInbox(app) {
  const parts = show("inbox");
  onClick(parts.back, () => go("home", app), parts);
  let last = null;
  const more = async () => {
    const page = await app.inSession("inbox", { limit: A_PAGE, ...(last ? { before: last } : {}) });
    parts.none.hidden = last !== null || page.messages.length > 0;
    const first = page.messages.map((message) => addMessage(app, parts, message)).at(0);
    if (last !== null) {
      first?.more.querySelector("summary").focus(); // the button that was pressed may be gone
    }
    last = page.messages.at(-1)?.id ?? last;
    parts.older.hidden = page.is_last;
  };
  onClick(parts.older, more, parts);
  try {
    await more();
  } catch (problem) {
    tell(parts, problem);
  }
}

function addMessage(app, parts, message) {
  const row = addRow(parts.list, { title: message.title, at: timeOf(message.at), text: message.text });
  row.more.lang = app.person.language; // alerts are written in the language of their owner's choice
  row.unread.hidden = message.is_read;
  row.more.addEventListener("toggle", () => {
    if (row.more.open && !message.is_read) {
      message.is_read = true;
      row.unread.hidden = true;
      app.inSession(`inbox/${message.id}/read`).catch(() => null); // it stays unread; nothing is lost
    }
  });
  return row;
}
