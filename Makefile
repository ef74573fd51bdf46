# Everything that is done with this repository, by name. `make help` lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash

##@ General
help: ## Shows this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ Run
run: build ## Runs the broker with no cluster, on http://127.0.0.1:8080
	@exec node dist/cli/local.js

run-cluster: build ## Runs the broker against the cluster of the current kubeconfig
	@exec node dist/cli/cluster.js

##@ Test
test: node_modules ## Unit and contract tests, and some hundred schedules of the simulator; needs no cluster
	npm run --silent test:unit
	npm run --silent test:contract
	npm run --silent test:simulator

test-cluster: node_modules ## The same contract tests on the API server of the current kubeconfig, and killed brokers
	TEST_CLUSTER=1 npm run --silent test:contract
	TEST_CLUSTER=1 npm run --silent test:chaos

test-chaos: node_modules ## Thousands of schedules, and brokers that are killed for minutes; TEST_CLUSTER=1 for a real API server
	SIM_SCHEDULES=2500 npm run --silent test:simulator
	CHAOS_SECONDS=300 npm run --silent test:chaos

verify: node_modules ## What must hold before a commit, beside the tests
	npm run --silent generate:check
	npm run --silent format:check
	npm run --silent lint
	npm run --silent typecheck

##@ Build
build: node_modules ## Compiles to dist/
	@npm run --silent build

generate: node_modules ## Makes types and tables anew from their sources
	npm run --silent generate

fmt: node_modules ## Formats every file
	npm run --silent format

clean: ## Removes what was built
	rm -rf dist coverage .local *.tgz

node_modules: package.json package-lock.json
	@node hack/require-node.cjs
	npm ci
	@touch node_modules

.PHONY: help run run-cluster test test-cluster test-chaos verify build generate fmt clean
