# make run    install everything, then run the query assistant on a real model, start to end
# make test   install everything, then run every notebook at toy size and the tests
# make lab    open the lessons in JupyterLab
# make site   render the website into _docs (needs Quarto)
# make verify run every notebook that makes a claim under the laptop preset from nothing: each claim is earned again, in hours
#             (LESSONS="service tagging" runs those alone)
# make bench  measure ours against stock, side by side, and write benchmarks/results, in half an hour
#             (BENCH="--only start,queries" gives options to finetune-notes bench)
#
# For those who change lessons: make export, make clean, make pages, make lock; make env installs and does nothing else.
.DEFAULT_GOAL := help
.PHONY: help env run test lab site verify bench export clean pages lock
unexport PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE
# turns that a thread waits awake for the others: few, so that a busy machine is not slowed four times (finetune-notes doctor shows it)
ifndef OMP_WAIT_POLICY
export GOMP_SPINCOUNT ?= 1000
endif

bin := .venv/bin

help:
	@sed -n 's/^# make/make/p' Makefile

env:
	@.ci/setup

run: env
	@$(bin)/finetune-notes run assistant
	@echo "To read the lessons and change them: make lab"

test: export FINETUNE_NOTES_PRESET := tiny
test: export HF_HUB_OFFLINE := 1
test: export OMP_NUM_THREADS := 1
test: export TQDM_DISABLE := 1
# cells are tested in a thread, and of glibc's pools only the first keeps what a step gives back
test: export MALLOC_ARENA_MAX := 1
test: env
	@runs=$$(mktemp -d) && trap 'rm -rf "$$runs"' EXIT && export FINETUNE_NOTES_RUNS="$$runs" && \
	$(bin)/nbdev-test --n-workers 2 --do-print && $(bin)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder tests

lab: env
	@$(bin)/jupyter lab --ip=127.0.0.1 --LabApp.news_url=None --LabApp.extension_manager=readonly \
	  --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate --LabApp.default_url=/lab/tree/nbs/index.ipynb \
	  $$([ "$$(id -u)" = 0 ] && echo --allow-root)

site: env
	@command -v quarto >/dev/null || { echo "The site is rendered by Quarto, which is not installed here; see quarto.org for how to get it." >&2; exit 1; }
	@$(bin)/nbdev-docs

verify: export FINETUNE_NOTES_PRESET := laptop
verify: export LESSONS := $(LESSONS)
verify: env
	@runs=$$(mktemp -d) && trap 'rm -rf "$$runs"' EXIT && export FINETUNE_NOTES_RUNS="$$runs" && \
	for lesson in $${LESSONS:-$$($(bin)/python .ci/pages.py claims)}; do $(bin)/finetune-notes run $$lesson || exit 1; done

bench: export FINETUNE_NOTES_PRESET := laptop
bench: env
	@$(bin)/finetune-notes bench $(BENCH)

export: env
	@$(bin)/nbdev-export

clean: env
	@$(bin)/nbdev-clean
	@$(bin)/python .ci/figures.py

pages: env
	@$(bin)/python .ci/pages.py

lock:
	@.ci/lock
