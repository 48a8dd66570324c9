# The one door to Parley's tools. `make help` lists what there is.

.DEFAULT_GOAL := help
.PHONY: help run test bench sim soak mutants crashes replay replay-file ordeal rig fuzz format lint deps package clean

DEV := build/dev
export CCACHE_NOHASHDIR := 1

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

run: deps-run $(DEV)/build.ninja ## build and start the server on ./data, loopback, port 8080 (ARGS=… for its options)
	@NINJA_STATUS="building [%f/%t] " ninja -C $(DEV) parleyd parley
	@echo 'To call parley and parleyd by name in other terminals:'
	@echo '  export PATH="$(CURDIR)/$(DEV)/client:$(CURDIR)/$(DEV)/server:$$PATH"'
	@exec $(DEV)/server/parleyd $(ARGS)

test: deps-test ## the tests; one closing line counts them
	@tools/test

bench: deps-test $(DEV)/build.ninja ## the load generator, as JSON (ARGS=… for its options)
	@NINJA_STATUS="building [%f/%t] " ninja -C $(DEV) bench parleyd
	@$(DEV)/bench/bench $(ARGS)

SEED ?= 1
MINUTES ?= 5

# What was asked for, not what has a value anyway.
asked = $(if $(filter command environment,$(origin $(1))),--$(2) $($(1)))

sim: deps-test $(DEV)/build.ninja ## the simulator, one seed (SEED=1 PROFILE=any STEPS=600, ARGS=… for more)
	@NINJA_STATUS="building [%f/%t] " ninja -C $(DEV) sim
	@$(DEV)/sim/sim $(call asked,SEED,seed) $(call asked,PROFILE,profile) $(call asked,STEPS,steps) $(ARGS)

soak: deps-test $(DEV)/build.ninja ## the simulator on all cores, seeds that nobody has run before (MINUTES=5)
	@NINJA_STATUS="building [%f/%t] " ninja -C $(DEV) sim
	@$(DEV)/sim/sim --minutes $(MINUTES) $(call asked,PROFILE,profile) $(call asked,STEPS,steps) $(ARGS)

mutants: deps-test ## deliberate defects, each of which the simulator has to find (ARGS=… for some)
	@tools/testing/mutants $(ARGS)

replay: replay-file deps-test $(DEV)/build.ninja ## play a recording of the flight recorder (FILE=…, ARGS=…)
	@NINJA_STATUS="building [%f/%t] " ninja -C $(DEV) replay
	@$(DEV)/client/replay $(FILE) $(ARGS)

replay-file:
	@test -n "$(FILE)" || { echo 'make replay FILE=RECORDING: what `parley report` or `make sim ARGS="--record RECORDING"` wrote' >&2; exit 2; }

crashes: deps-test $(DEV)/build.ninja ## the store alone: 60,000 power losses, failing syncs, flipped bits; 15 minutes (ARGS=…)
	@NINJA_STATUS="building [%f/%t] " ninja -C $(DEV) store_crashes
	@$(DEV)/sim/store_crashes $(ARGS)

ordeal: deps-test $(DEV)/build.ninja ## real processes, kills and cuts: 60,000 lines (ARGS=--small for little)
	@NINJA_STATUS="building [%f/%t] " ninja -C $(DEV) parleyd parley
	@tests/ordeal/run.py $(ARGS)

rig: deps-test $(DEV)/build.ninja ## the same in namespaces, on a bad network, with every fault (SEED=1 MINUTES=5)
	@NINJA_STATUS="building [%f/%t] " ninja -C $(DEV) parleyd parley rig_shuttle rig_failing_sync
	@tests/rig/run.py --seed $(SEED) --minutes $(MINUTES) $(ARGS)

FUZZ_SECONDS ?= 60
fuzz: deps-test ## every decoder for FUZZ_SECONDS (60)
	@tools/testing/build fuzz fuzz_decoders
	@tools/testing/fuzz fuzz $(FUZZ_SECONDS)

format: deps-test ## format all C++
	@tools/format

lint: deps-test ## tidy, formatting, clang-tidy over everything, and the warnings of the release build
	@tools/tidy
	@tools/format --check
	@tools/lint
	@tools/testing/build release

deps: deps-test ## install the Debian packages that are missing

.PHONY: deps-run deps-test
deps-run:
	@tools/deps run
deps-test:
	@tools/deps run test

package: deps-run ## a Debian package and a tar archive in build/release
	@tools/deps package
	@cmake --preset release >/dev/null
	@ninja -C build/release
	@cd build/release && cpack -G "DEB;TGZ"

clean: ## remove everything that was built
	rm -rf build

$(DEV)/build.ninja:
	@cmake --preset dev >/dev/null
