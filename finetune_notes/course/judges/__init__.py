"Judges of the exercises, a module a lesson. This folder is written by hand; no notebook exports it."
