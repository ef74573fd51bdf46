# Everything that is done with this repository, by name. `make help` lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash

IMAGE ?= brokersdk
TAG ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unversioned)
BASE_IMAGE ?= node:24-bookworm-slim
# For images from Debian's packages: Debian 12, as BASE_IMAGE is, whose layers they share.
DEBIAN_BASE_IMAGE ?= $(BASE_IMAGE)

##@ General
help: ## Shows this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ Run
run: build ## Runs the broker with no cluster, on http://127.0.0.1:8080
	@exec node dist/cli/main.js local

run-cluster: build ## Runs the broker against the cluster of the current kubeconfig
	@exec node dist/cli/main.js cluster

##@ Test
test: node_modules ## Unit and contract tests, and a hundred schedules of the simulator; needs no cluster
	npm run --silent test

test-cluster: node_modules ## The same contract tests on the API server of the current kubeconfig, and killed brokers
	TEST_CLUSTER=1 npm run --silent test:contract
	TEST_CLUSTER=1 npm run --silent test:chaos

test-chaos: node_modules ## Thousands of schedules, and brokers that are killed for minutes; TEST_CLUSTER=1 for a real API server
	SIM_SCHEDULES=2500 npm run --silent test:simulator
	CHAOS_SECONDS=300 npm run --silent test:chaos

test-browser: node_modules ## The dashboard of an instance in a real browser: Debian's chromium, or the one that CHROMIUM names
	npm run --silent test:browser

test-docker: node_modules ## Docker hosts: the agent, and containers on engines of the tests' own (Debian's docker.io, as root)
	npm run --silent test:docker

test-install: node_modules ## The images, the manifests and the chart, as far as this machine has what that takes: see tools
	npm run --silent test:install

test-clone: node_modules ## A fork under other names, and a new broker, each in a clone; some minutes
	npm run --silent test:clone

e2e: node_modules ## The whole way on the cluster of the kubeconfig, with the images of `make images`
	IMAGE='$(IMAGE)' TAG='$(TAG)' npm run --silent test:e2e

tools: ## Brings helm and kubeconform into .local/bin, with Go
	@hack/tools.sh

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

images: ## Builds the container images IMAGE and IMAGE-echo-service, -etcd, -postgres and -redis, tagged TAG and latest, on BASE_IMAGE
	@hack/images.sh '$(IMAGE)' '$(TAG)' '$(BASE_IMAGE)' '$(DEBIAN_BASE_IMAGE)'

clean: ## Removes what was built
	rm -rf dist coverage .local *.tgz

##@ A cluster of one's own, with kind
kind-up: ## Makes a Kubernetes in Docker and points kubectl at it; KIND_NODE_IMAGE for another version
	@hack/kind/kind.sh up '$(KIND_NODE_IMAGE)'

kind-load: ## Brings the images into it
	@hack/kind/kind.sh load $(foreach image,$(IMAGE) $(IMAGE)-echo-service $(IMAGE)-etcd $(IMAGE)-postgres $(IMAGE)-redis,$(image):$(TAG) $(image):latest)

kind-down: ## Removes it
	@hack/kind/kind.sh down

node_modules: package.json package-lock.json
	@node hack/require-node.cjs
	npm ci
	@touch node_modules

.PHONY: help run run-cluster test test-cluster test-chaos test-browser test-docker test-install test-clone e2e tools verify build images generate fmt clean kind-up kind-load kind-down
