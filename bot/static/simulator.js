"use strict";

// The chats live in this page only; what Brenda remembers of a person lives on the server.
const people = JSON.parse(localStorage.getItem("people") || "null") || [
  { id: "5215512345678", label: "María (México)" },
  { id: "573001234567", label: "Andrés (Colombia)" },
  { id: "US.1349120865530274191", label: "Persona sin número" },
];
const chats = new Map();
let current = people[0];

const element = (id) => document.getElementById(id);

function escaped(text) {
  const span = document.createElement("span");
  span.textContent = text;
  return span.innerHTML.replaceAll('"', "&quot;");
}

function asWhatsApp(text) {
  return escaped(text)
    .replace(/(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])/g, "<strong>$1</strong>")
    .replace(/(?<![\w_])_(?=\S)([^_\n]+?)(?<=\S)_(?![\w_])/g, "<em>$1</em>")
    .replace(/https?:\/\/[^\s<]+[^\s<.,;)]/g, '<a href="$&" target="_blank" rel="noreferrer">$&</a>');
}

function show() {
  element("chat").replaceChildren(
    ...(chats.get(current.id) || []).map(({ kind, text, at }) => {
      const item = document.createElement("li");
      item.className = `bubble ${kind}`;
      item.innerHTML = asWhatsApp(text) + (kind === "note" ? "" : `<time>${at}</time>`);
      return item;
    }),
  );
  element("chat").lastElementChild?.scrollIntoView({ block: "end" });
  element("people").replaceChildren(
    ...people.map((person) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.textContent = person.label;
      button.title = person.id;
      button.setAttribute("aria-current", String(person.id === current.id));
      button.addEventListener("click", () => { current = person; show(); element("body").focus(); });
      item.append(button);
      return item;
    }),
  );
}

function add(person, kind, text) {
  const at = new Date().toLocaleTimeString("es-MX", { hour: "2-digit", minute: "2-digit" });
  chats.set(person.id, [...(chats.get(person.id) || []), { kind, text, at }]);
  show();
}

async function send(person, body) {
  add(person, "mine", body);
  element("status").textContent = "escribiendo…";
  try {
    const response = await fetch("simulator/messages", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ user_id: person.id, body }),
    });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const answer = await response.json();
    answer.messages.forEach((text) => add(person, "theirs", text));
    if (!answer.messages.length) add(person, "note", "Brenda no responde a este mensaje.");
    element("status").textContent = [answer.intent, answer.source, answer.level].filter(Boolean).join(" · ");
  } catch (error) {
    add(person, "note", `No se pudo enviar: ${error.message}. ¿Sigue corriendo el servidor?`);
    element("status").textContent = "sin conexión";
  }
}

element("compose").addEventListener("submit", (event) => {
  event.preventDefault();
  const body = element("body").value.trim();
  if (!body) return;
  element("body").value = "";
  send(current, body);
});

element("body").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    element("compose").requestSubmit();
  }
});

element("add-person").addEventListener("submit", (event) => {
  event.preventDefault();
  const id = element("new-number").value.trim();
  if (!people.some((person) => person.id === id)) people.push({ id, label: `+${id}` });
  localStorage.setItem("people", JSON.stringify(people));
  current = people.find((person) => person.id === id);
  element("new-number").value = "";
  show();
});

show();
