# SPDX-License-Identifier: Apache-2.0
#
# `make` lists the targets. Each one sets up what it needs by itself.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS   += --no-print-directory

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
# CLUSTER=existing takes the cluster of the current kubeconfig; then IMG_OPERATOR,
# IMG_SHARD, IMG_SHARD_NEXT and IMG_REDIS name images that it can pull.
CLUSTER ?= local
# SEED of random tests: robust takes the time if it is not set, sim and fights 1.
SEED    ?=
# KEEP=1 leaves the cluster of `make test` up.
KEEP    ?=

# How many seeds make sim plays, and how many fights make fights.
SIMS    ?= 3000
FIGHTS  ?= 10000

DIST  := dist
TOOL  := $(GO) tool -modfile=hack/tools/go.mod
LINT  := $(GO) tool -modfile=hack/tools/lint/go.mod golangci-lint
LOCAL := $(GO) -C hack/cluster run .
ROBUST := $(GO) -C test/robust run .

export GO VERSION CLUSTER KEEP DIST SIMS SEED

##@ See it work

.PHONY: demo
demo: cluster-ready ## play 20 fights through a drain, a kill -9 and a rollout, then report
	$(GO) run ./hack/demo run

.PHONY: demo-down
demo-down: ## remove everything that the demo made
ifeq ($(CLUSTER),existing)
	$(GO) run ./hack/demo clean
else
	$(LOCAL) down
endif
	rm -rf $(DIST)/demo

.PHONY: bench-handoff
bench-handoff: cluster-ready ## move sessions 250 times under play; judge the pauses of at least 225
	$(GO) run ./hack/demo bench

.PHONY: bench
bench: ## play scenario TT-1 against one shard and one Redis; one line of JSON for each case
	@hack/setup.sh check go redis-server
	$(GO) run ./test/bench

.PHONY: bench-moves
bench-moves: ## what players feel of moves, a drain and a kill -9; one line of JSON for each case
	@hack/setup.sh check go redis-server
	$(GO) run ./test/moves

.PHONY: bench-peers
bench-peers: ## play TT-1 three times against the shard and against Colyseus, and print ratios (needs npm)
	@hack/setup.sh check go redis-server npm
	mkdir -p $(DIST)/peers && cp -r test/peers/colyseus $(DIST)/peers/
	cd $(DIST)/peers/colyseus && npm install --no-audit --no-fund --no-package-lock --loglevel=error
	$(GO) run ./test/bench -peers $(DIST)/peers/colyseus -runs 3

##@ Test

.PHONY: test-fast
test-fast: ## unit and contract tests with the race detector; no root, no cluster
	@hack/setup.sh check go gcc redis-server
	hack/gotest.sh unit

# The suites of `make test`, in order; with -k, one that fails does not keep the
# others from running.
SUITES := $(addprefix suite-,unit sim dice clients cluster-tool robust-tool envtest)

.PHONY: test $(SUITES)
test: test-setup $(SUITES) test-e2e ## everything: unit, simulation, dice, real API server, one run on the two-node cluster

.PHONY: test-setup
test-setup:
	@hack/setup.sh install go gcc redis-server npm chromium python3-websockets

$(SUITES): suite-%:
	hack/gotest.sh $*

.PHONY: test-dice
test-dice: ## totals of dice formulas against another program, installed by npm
	@hack/setup.sh check go npm
	hack/gotest.sh dice

.PHONY: test-clients
test-clients: ## clients that are not written in Go; npm installs Node 22 and the compiler
	@hack/setup.sh check go npm chromium python3-websockets redis-server
	hack/gotest.sh clients

.PHONY: sim
sim: ## play SIMS installations in virtual time, each with its faults, from seed SEED on
	@hack/setup.sh check go
	hack/gotest.sh sim

.PHONY: operator-plans
operator-plans: ## every kind of fault at every write of the operator, on a real API server
	@hack/setup.sh install go redis-server
	hack/gotest.sh plans

.PHONY: test-envtest
test-envtest: ## only the tests against the real API server
	@hack/setup.sh install go redis-server
	hack/gotest.sh envtest

.PHONY: test-e2e
test-e2e: ## only the end-to-end run on the cluster
	@hack/setup.sh install go redis-server
	hack/e2e.sh

.PHONY: robust
robust: ## short histories on real processes, hurt and judged; then every planted bug must be caught
	@hack/setup.sh check go redis-server
	$(ROBUST) -histories 100 $(if $(SEED),-seed $(SEED))
	$(ROBUST) -plants $(addprefix -seed ,$(or $(PLANTS_SEED),$(SEED)))

.PHONY: robust-long
robust-long: ## 1,000 histories, 10,000 handoffs, 100,000 simulations and every operator plan
	@hack/setup.sh check go redis-server
	$(ROBUST) -histories 1000 -handoffs 10000 $(if $(SEED),-seed $(SEED))
	SIMS=100000 hack/gotest.sh sim
	hack/gotest.sh plans

.PHONY: fights
fights: ## play FIGHTS random fights to their end and replay each; SEED is the first one's
	$(GO) test ./shard/rules -run TestManyFights -count 1 -timeout 60m -v -fights $(FIGHTS) $(if $(SEED),-seed $(SEED))

##@ Change it

.PHONY: fmt
fmt: ## format all Go code
	gofmt -s -w $$(git ls-files --cached --others --exclude-standard -- '*.go')

.PHONY: lint
lint: ## static checks
	@hack/setup.sh check go
	$(LINT) run --allow-serial-runners ./...
	cd hack/cluster && $(GO) tool -modfile=../tools/lint/go.mod golangci-lint run --allow-serial-runners --config ../../.golangci.yml ./...
	cd test/robust && $(GO) tool -modfile=../../hack/tools/lint/go.mod golangci-lint run --allow-serial-runners --config ../../.golangci.yml ./...
	@for f in hack/*.sh hack/hooks/* .ci/run; do bash -n "$$f"; done

.PHONY: vuln
vuln: ## known vulnerabilities that the code reaches; VULNDB names a copy of the database (folder or .tar.xz)
	@hack/setup.sh check go
	hack/vuln.sh

.PHONY: generate
generate: ## write the deepcopy methods of the API types
	$(TOOL) controller-gen object:headerFile=hack/boilerplate.go.txt paths=./api/...

.PHONY: manifests
manifests: ## write the CRDs and the operator's role
	$(TOOL) controller-gen crd paths=./api/... output:crd:artifacts:config=config/crd/bases
	$(TOOL) controller-gen rbac:roleName=operator paths=./controllers/... paths=./cmd/operator/... output:rbac:artifacts:config=config/rbac

.PHONY: verify
verify: ## is everything generated, formatted and committed?
	@hack/verify.sh

.PHONY: hooks
hooks: ## run the quick checks before each commit
	git config core.hooksPath hack/hooks

##@ Build and install

.PHONY: build
build: ## static programs, in dist/bin
	hack/images.sh binaries

.PHONY: image
image: ## image archives, in dist/images, without a container engine
	@hack/setup.sh install go redis-server
	hack/images.sh archives

.PHONY: deploy
deploy: cluster-ready ## install CRDs and operator into the cluster
	$(GO) run ./hack/demo install

.PHONY: cluster-up
cluster-up: ## start the local two-node Kubernetes (its first build takes minutes)
	$(LOCAL) up

.PHONY: cluster-down
cluster-down: ## stop it and leave nothing behind
	$(LOCAL) down

# What demo, bench-handoff and deploy stand on.
.PHONY: cluster-ready
cluster-ready: build
ifneq ($(CLUSTER),existing)
	@hack/setup.sh install go redis-server
	$(LOCAL) up
	hack/images.sh load
endif

.PHONY: help
help: ## this list
	@awk 'BEGIN {FS = ":.*## "} \
	  /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
