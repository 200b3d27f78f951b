// The screen on which people judge answers: run by anywidget, read by annotation/screen.py

function box(tag, parent, cls, text) {
  const o = document.createElement(tag);
  o.className = cls; o.textContent = text || ''; parent.append(o);
  return o;
}
function build(el) {
  const root = box('div', el, 'votes');
  root.tabIndex = 0; root.setAttribute('role', 'group'); root.setAttribute('aria-label', 'Answers to judge');
  root.dataset.lmSuppressShortcuts = 'true';
  const top = box('div', root, 'votes-top'), bar = box('progress', top, 'votes-bar'), count = box('span', top, 'votes-count');
  bar.setAttribute('aria-label', 'Answered so far');
  const above = box('div', root, 'votes-above'), beside = box('div', root, 'votes-beside');
  const edit = box('textarea', root, 'votes-edit'), buttons = box('div', root, 'votes-buttons');
  edit.setAttribute('aria-label', 'The answer, to be corrected');
  const note = box('input', root, 'votes-note'), said = box('p', root, 'votes-said');
  note.placeholder = 'Note (N)'; note.setAttribute('aria-label', 'Note'); said.setAttribute('aria-live', 'polite');
  return {root, bar, count, above, beside, edit, buttons, note, said};
}

function texts(parent, pairs) {
  parent.replaceChildren();
  for (const [caption, text] of pairs) {
    const frame = box('section', parent, 'votes-frame');
    box('h4', frame, 'votes-caption', caption);
    const body = box('div', frame, 'votes-text', text);
    body.tabIndex = 0; body.dir = 'auto'; body.setAttribute('aria-label', caption);
  }
}
function button(parent, key, caption, act) {
  const o = box('button', parent, 'votes-button', caption + ' (' + key + ')');
  o.type = 'button';
  o.addEventListener('click', act);
}

function acts(model, ui, state) {
  return function send(kind, value) {
    const view = model.get('view');
    if (state.busy || (view.item === null && kind !== 'undo')) return;
    state.busy = true; ui.root.classList.add('votes-busy');
    state.timer = setTimeout(() => { ui.said.textContent = 'Not saved yet. Is the kernel running?'; }, 5000);
    if (value === undefined) value = ui.edit.value === state.initial ? null : ui.edit.value;
    model.send({kind, value, turn: view.turn, note: ui.note.value});
  };
}
function keys(ui, byKey) {
  ui.root.addEventListener('keydown', event => {
    event.stopPropagation();
    const typing = event.target === ui.edit || event.target === ui.note, key = event.key.toLowerCase();
    const leave = event.key === 'Escape' || (event.key === 'Enter' && event.target === ui.note);
    const act = typing ? (leave ? () => ui.root.focus() : null) : byKey[key];
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && byKey.save) { event.preventDefault(); byKey.save(); }
    else if (act && !event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat) { event.preventDefault(); act(); }
  });
}

function focus(ui) {
  const at = document.activeElement;
  if (!ui.root.contains(at) && (at.isContentEditable || at.matches('input, textarea'))) return;
  (ui.edit.hidden ? ui.root : ui.edit).focus();
}
function show(model, ui, state) {
  const view = model.get('view');
  state.busy = false; clearTimeout(state.timer); ui.root.classList.remove('votes-busy');
  ui.said.textContent = view.message;
  if (state.turn === view.turn) return;
  state.turn = view.turn;
  ui.bar.max = view.items; ui.bar.value = view.voted;
  ui.count.textContent = view.progress;
  texts(ui.above, view.above); texts(ui.beside, view.beside);
  ui.edit.hidden = view.edit === null; ui.edit.value = view.edit || ''; state.initial = view.unedited ? ui.edit.value : null;
  ui.note.value = view.note;
  focus(ui);
}

function render({model, el}) {
  const ui = build(el), state = {busy: false, turn: null, initial: null, timer: 0}, send = acts(model, ui, state), byKey = {};
  const add = (key, caption, act) => { button(ui.buttons, key.toUpperCase(), caption, act); byKey[key] = act; };
  const choices = model.get('view').choices;
  for (const [key, caption, value] of choices) add(key, caption, () => send('vote', value));
  if (!choices.length) {
    byKey.save = () => send('vote'); byKey.e = () => ui.edit.focus();
    button(ui.buttons, 'Ctrl+Enter', 'Save', byKey.save);
  }
  add('s', 'Skip', () => send('skip', null));
  add('u', 'Undo', () => send('undo', null));
  byKey.n = () => ui.note.focus();
  keys(ui, byKey);
  const update = () => show(model, ui, state);
  model.on('change:view', update); update();
  new IntersectionObserver((seen, self) => { if (seen[0].isIntersecting) { self.disconnect(); focus(ui); } }).observe(ui.root);
  return () => model.off('change:view', update);
}
export default {render};
