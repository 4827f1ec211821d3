# NanoForge. Needs GNU make and a C compiler; the rest is detected (scripts/detect). 'make help'
# lists the targets. Sources are found by where they lie:
#
#   src/<floor>/**.c     the library, build/libnanoforge.{a,so}; a folder bare/ is for the
#                        freestanding archive only, linux/ is not in it
#   src/llvm/*.c         build/libnanoforge-llvm.so, a plug-in that the library loads, where LLVM is
#   cmd/NAME/*.c         build/NAME
#   bench/NAME.c         build/bench/NAME, each with bench/lib_*.c
#   test/test_*.c        build/test/test_*, with what they need of test/lib_*.c and of cmd/*/*.c
#                        but main.c; test/*.sh are run too
#   test/fuzz_*.c        build/fuzz/fuzz_*, libFuzzer targets against a library built for it
#   examples/embed/*.c   build/examples/*, with the public headers only
#
# Variables: CC, CFLAGS, SANITIZE=address,undefined or thread, BUILD (a directory), V=1 (show the
# commands), DESTDIR, PREFIX, PROGRAM and ARGS (make run), BENCH_ARGS, HOURS (make fuzz-nightly).

VERSION := 0.1.0
SO_VERSION := 0
PREFIX ?= /usr/local
PROGRAM ?= examples/sha256sum.c
ARGS ?= src/x64/insn.def 4000
BENCH_ARGS ?= --quick
SANITIZE ?=
ifeq ($(origin CC),default)
CC := gcc
endif

comma := ,
BUILD ?= build$(addprefix /,$(subst $(comma),-,$(SANITIZE)))
Q := $(if $(V),,@)
say = $(if $(V),,@echo "$(1)" "$(2)" &&)

MAKEFLAGS += --no-print-directory --no-builtin-rules
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc)
endif

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:

# --- targets that set the machine up first and then make the rest anew ----------------------------

SETTING_UP := run run-client run-daemon test stress check fuzz-nightly
WITHOUT_CONFIG := $(SETTING_UP) help clean setup config
.PHONY: $(WITHOUT_CONFIG)

setup = CONFIG=$(BUILD)/config.mk CC='$(CC)' scripts/setup

setup:
	@$(setup) build test check

run run-client:
	@$(setup) build
	@$(MAKE) all
	@$(MAKE) run-program

# By a make of its own, which has what set-up found.
.PHONY: run-program
run-program:
	$(BUILD)/nanoforge run $(PROGRAM) -- $(ARGS)

run-daemon:
	@$(setup) build daemon
	@$(MAKE) all
	@scripts/run-daemon $(BUILD)/nanoforged

test:
	@$(setup) build test
	@$(MAKE) test-programs
	@$(MAKE) test-run

stress:
	@$(setup) build test
	@$(MAKE) test-programs
	@$(MAKE) stress-run

check:
	@$(setup) build test check
	@$(MAKE) -k check-all

config:
	@rm -f $(BUILD)/config.mk
	@$(MAKE) -s $(BUILD)/config.mk
	@grep '^HAVE_' $(BUILD)/config.mk || true

clean:
	rm -rf $(BUILD)

help:
	@echo 'make, make build   the library, the programs and the benchmarks in $(BUILD)/'
	@echo 'make run           set up, build, run PROGRAM=$(PROGRAM) ARGS="$(ARGS)" (also: run-client)'
	@echo 'make run-daemon    set up, build, start nanoforged with CAP_PERFMON'
	@echo 'make test          set up, build, run all tests; SANITIZE=address,undefined or thread'
	@echo 'make fuzz-nightly  fuzz for HOURS=$(HOURS) on all processors; reduce what is found'
	@echo 'make stress        set up, build, run the long forms of the tests that have one (hours)'
	@echo 'make check         format, layers, warnings, static analysis, sanitizers, freestanding archive'
	@echo 'make bench         run all benchmarks; BENCH_ARGS="$(BENCH_ARGS)"'
	@echo 'make freestanding  $(BUILD)/libnanoforge-bare.a, which needs no libc'
	@echo 'make bless         let the tests rewrite what they expect; review the diff'
	@echo 'make docs          make docs/NIR.md from the tables'
	@echo 'make install       under DESTDIR and PREFIX=$(PREFIX); make uninstall takes it away'
	@echo 'make setup         install what building, testing and checking need (Debian)'
	@echo 'make config        look for libraries again and say what was found'
	@echo 'make clean         remove $(BUILD)/'

# Targets that run others by $(MAKE) must not run beside them.
ifneq ($(filter $(WITHOUT_CONFIG),$(MAKECMDGOALS)),)
.NOTPARALLEL:
endif

# --- what this machine has ------------------------------------------------------------------------

ifneq ($(filter-out $(WITHOUT_CONFIG),$(or $(MAKECMDGOALS),all)),)
include $(BUILD)/config.mk
# A program in C needs LLVM; this one does not, and takes the same arguments.
ifeq ($(HAVE_LLVM)$(origin PROGRAM),file)
PROGRAM := examples/wc.nir
endif
endif

$(BUILD)/config.mk: scripts/detect
	@mkdir -p $(@D)
	@scripts/detect '$(CC)' >$@

# --- flags ----------------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wvla -Wshadow -Wmissing-prototypes
INCLUDES := -Iinclude -Isrc
CFLAGS ?= -O2 -g
COMMON_CFLAGS := -std=c11 $(WARNINGS) -fvisibility=hidden -fno-omit-frame-pointer
ALL_CFLAGS = $(COMMON_CFLAGS) -fPIC -pthread $(CFLAGS) $(SANITIZE_FLAGS)
ALL_CPPFLAGS = $(INCLUDES) -D_GNU_SOURCE -DNF_VERSION='"$(VERSION)"' $(DETECTED) $(CPPFLAGS)
# libm by name: programs in NIR look its functions up at run time.
ALL_LIBS = -pthread -ldl -Wl,--no-as-needed -lm -Wl,--as-needed \
	$(ZYDIS_LIBS) $(LDLIBS)
ifneq ($(SANITIZE),)
SANITIZE_FLAGS := -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -DNF_DEBUG
else
SO_LDFLAGS := -Wl,--no-undefined
endif

# Addresses that the loader fills in are read-only before the program runs, and data are never executed.
HARDENING := -Wl,-z,relro,-z,now,-z,noexecstack

# A file that changes when the flags do; what is compiled depends on it.
FLAGS := $(BUILD)/flags
$(FLAGS): always
	@mkdir -p $(@D)
	@echo '$(CC) $(ALL_CFLAGS) $(HARDENING) $(subst ',,$(ALL_CPPFLAGS))' | cmp -s - $@ || \
	 echo '$(CC) $(ALL_CFLAGS) $(HARDENING) $(subst ',,$(ALL_CPPFLAGS))' >$@
.PHONY: always

# --- sources --------------------------------------------------------------------------------------

LIB_SRC := $(sort $(shell find src -name '*.c' ! -path 'src/llvm/*' ! -path '*/bare/*'))
BARE_ONLY := $(sort $(shell find src -name '*.c' -path '*/bare/*'))
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/%.o)
LIB := $(BUILD)/libnanoforge.a
LIB_SO := $(BUILD)/libnanoforge.so
LLVM_SRC := $(wildcard src/llvm/*.c)
LLVM_OBJ := $(LLVM_SRC:%.c=$(BUILD)/%.o)
LLVM_SO := $(if $(HAVE_LLVM),$(BUILD)/libnanoforge-llvm.so)

PROGRAMS := $(notdir $(patsubst %/,%,$(sort $(dir $(wildcard cmd/*/*.c)))))
BENCHES := $(patsubst bench/%.c,%,$(filter-out bench/lib_%,$(wildcard bench/*.c)))
TESTS := $(patsubst test/%.c,%,$(wildcard test/test_*.c))
FUZZERS := $(patsubst test/%.c,%,$(wildcard test/fuzz_*.c))
EXAMPLES := $(patsubst examples/embed/%.c,%,$(wildcard examples/embed/*.c))

BENCH_LIB := $(patsubst %.c,$(BUILD)/%.o,$(wildcard bench/lib_*.c))
# What tests and fuzzers may take from: their own helpers, and the programs without their mains.
PARTS_SRC := $(wildcard test/lib_*.c) $(filter-out %/main.c,$(wildcard cmd/*/*.c))
PARTS := $(BUILD)/parts.a

.PHONY: all build
all build: $(LIB) $(LIB_SO) $(LLVM_SO) $(PROGRAMS:%=$(BUILD)/%) $(EXAMPLES:%=$(BUILD)/examples/%) \
	$(BENCHES:%=$(BUILD)/bench/%)

$(BUILD)/%.o: %.c $(FLAGS)
	@mkdir -p $(@D)
	$(call say,CC,$<) $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

# What runs inside the sandbox process has no sanitizer's memory to write to, nor calls what writes
# there, as memset does; and what runs in a zygote has no thread-local memory, where canaries lie.
CAGED_NAMES := cage change check harness maps measure memory order zygote_run
CAGED := $(CAGED_NAMES:%=$(BUILD)/src/race/linux/%.o) $(BUILD)/src/race/statistics.o \
	$(if $(filter thread,$(SANITIZE)),$(BUILD)/src/base/text.o)
$(CAGED): SANITIZE_FLAGS := -fno-stack-protector $(if $(SANITIZE),-minline-all-stringops)
$(CAGED_NAMES:%=$(FUZZ)/src/race/linux/%.o) $(FUZZ)/src/race/statistics.o: FUZZ_SANITIZE := undefined

# What was kept of earlier imports and compilations is good for the sources that made it.
CACHE_OBJ := $(BUILD)/src/engine/linux/cache.o
SOURCES := $(LIB_SRC) $(LLVM_SRC) $(shell find src include -name '*.h' -o -name '*.def')
$(CACHE_OBJ): $(SOURCES)
$(CACHE_OBJ): private DETECTED += -DNF_SOURCES=$(shell cat $(SOURCES) | cksum | cut -d' ' -f1)

$(LIB): $(LIB_OBJ)
	$(call say,AR,$@) rm -f $@ && ar rcs $@ $^

$(LIB_SO): $(LIB_OBJ)
	$(call say,LD,$@) $(CC) $(ALL_CFLAGS) $(LDFLAGS) -shared $(HARDENING) \
		-Wl,-soname,libnanoforge.so.$(SO_VERSION) $(SO_LDFLAGS) $^ -pthread -ldl -lm -o $@

# Loaded into programs that have a libnanoforge of their own, of which it sees nothing.
$(LLVM_OBJ) $(LLVM_SRC:%.c=$(BUILD)/tidy/%.stamp): DETECTED += $(LLVM_CPPFLAGS)
$(BUILD)/libnanoforge-llvm.so: $(LLVM_OBJ) $(LIB)
	$(call say,LD,$@) $(CC) $(ALL_CFLAGS) $(LDFLAGS) -shared $(HARDENING) \
		-Wl,-Bsymbolic -Wl,--exclude-libs,ALL $(SO_LDFLAGS) $^ $(LLVM_LIBS) -ldl -lm -o $@

link = $(call say,LD,$@) $(CC) $(ALL_CFLAGS) $(HARDENING) -pie $(LDFLAGS) $(filter %.o %.a,$^)

define program_rule
$(BUILD)/$(1): $(patsubst %.c,$(BUILD)/%.o,$(wildcard cmd/$(1)/*.c)) $(LIB)
	$$(link) $$(ALL_LIBS) -o $$@
endef
$(foreach name,$(PROGRAMS),$(eval $(call program_rule,$(name))))

$(BUILD)/bench/%: $(BUILD)/bench/%.o $(BENCH_LIB) $(LIB)
	$(link) $(ALL_LIBS) -o $@

$(PARTS): $(PARTS_SRC:%.c=$(BUILD)/%.o)
	$(call say,AR,$@) rm -f $@ && ar rcs $@ $^

$(BUILD)/test/%: $(BUILD)/test/%.o $(PARTS) $(LIB)
	$(link) $(ALL_LIBS) $(CMOCKA_LIBS) -o $@

$(BUILD)/examples/%: examples/embed/%.c $(LIB) $(FLAGS)
	@mkdir -p $(@D)
	$(call say,LD,$@) $(CC) $(INCLUDES) $(ALL_CFLAGS) -MMD -MP $(LDFLAGS) $< $(LIB) $(ALL_LIBS) -o $@

# --- fuzzing: its own library, by clang, with coverage and sanitizers -----------------------------

FUZZ := $(BUILD)/fuzz
FUZZ_CFLAGS := $(COMMON_CFLAGS) -O1 -g -pthread -DNF_DEBUG -fno-sanitize-recover=all
FUZZ_SANITIZE := address,undefined

$(FUZZ)/%.o: %.c $(FLAGS)
	@mkdir -p $(@D)
	$(call say,CC,$< (fuzz)) clang $(ALL_CPPFLAGS) $(FUZZ_CFLAGS) -MMD -MP \
		-fsanitize=fuzzer-no-link,$(FUZZ_SANITIZE) -c $< -o $@

$(FUZZ)/libnanoforge.a: $(LIB_SRC:%.c=$(FUZZ)/%.o)
	$(call say,AR,$@) rm -f $@ && ar rcs $@ $^

$(FUZZ)/parts.a: $(PARTS_SRC:%.c=$(FUZZ)/%.o)
	$(call say,AR,$@) rm -f $@ && ar rcs $@ $^

$(FUZZ)/%: $(FUZZ)/test/%.o $(FUZZ)/parts.a $(FUZZ)/libnanoforge.a
	$(call say,LD,$@) clang -fsanitize=fuzzer,$(FUZZ_SANITIZE) $^ $(ALL_LIBS) -o $@

# All fuzzers and generators, with fresh seeds, on all processors; the generators with the checks of
# debug builds.
HOURS ?= 8
DEBUG_BUILD := $(BUILD)/debug

.PHONY: fuzz-nightly
fuzz-nightly:
	@$(setup) build test
	@$(MAKE) all $(FUZZERS:%=$(FUZZ)/%)
	@mkdir -p $(DEBUG_BUILD) && cp $(BUILD)/config.mk $(DEBUG_BUILD)/
	@$(MAKE) BUILD=$(DEBUG_BUILD) CFLAGS='-O2 -g -DNF_DEBUG' \
		$(DEBUG_BUILD)/test/test_differential $(DEBUG_BUILD)/test/test_pipeline
	@scripts/fuzz-nightly $(BUILD) $(DEBUG_BUILD) $(HOURS)

# --- tests, benchmarks, documents -----------------------------------------------------------------

.PHONY: test-programs test-run stress-run bench bless docs
TEST_SCRIPTS := $(sort $(shell find test -maxdepth 1 -name '*.sh' -perm -u+x))
CONCURRENT_TESTS := $(patsubst test/%.c,%,$(shell grep -l 'pthread_create\|race_run\|nf_engine_new\|fork()' test/test_*.c))
# ThreadSanitizer looks at what has threads; the other tests would only take ten times as long.
ifeq ($(SANITIZE),thread)
TEST_SCRIPTS := $(filter-out %/bus_model.sh %/csmith.sh %/docs.sh %/import.sh %/install.sh %/man.sh %/workloads.sh,$(TEST_SCRIPTS))
TESTS := $(CONCURRENT_TESTS)
endif
TEST_FUZZERS := $(if $(SANITIZE),,$(if $(HAVE_FUZZER),$(FUZZERS:%=$(FUZZ)/%)))
TEST_PROGRAMS := $(TESTS:%=$(BUILD)/test/%) $(TEST_FUZZERS)

test-programs: all $(TEST_PROGRAMS)
	@true

test_run = BUILD=$(BUILD) NANOFORGE=$(BUILD)/nanoforge SANITIZE=$(SANITIZE) \
	scripts/run-tests $(BUILD)/test-logs $(TESTS:%=$(BUILD)/test/%) \
	$(TEST_SCRIPTS) $(TEST_FUZZERS)

test-run:
	@$(test_run)

BUS_STRESS := test_bus test_bus_many test_bus_process test_lc3_jit test_lc3_lockstep

# What takes minutes to hours: the long forms of tests that have one.
stress-run:
	@STRESS=1 NF_FUNCTIONS=100000 CSMITH_PROGRAMS=3000 CSMITH_OPTIONS= TEST_TIMEOUT=100000 BUILD=$(BUILD) \
	 NF_BUS_SCHEDULES=1000000 NF_BUS_THREADS=10000 NF_BUS_KILLS=2000 NF_LC3_PROGRAMS=100000 \
	 SANITIZE=$(SANITIZE) \
	 NANOFORGE=$(BUILD)/nanoforge scripts/run-tests $(BUILD)/stress-logs $(BUILD)/test/test_differential \
	 $(BUILD)/test/test_pipeline $(BUS_STRESS:%=$(BUILD)/test/%) test/csmith.sh test/settled.sh test/swap.sh test/trust.sh test/stall.sh

bless: test-programs
	@NF_BLESS=1 $(test_run)

bench: all
	@for name in $(BENCHES); do $(BUILD)/bench/$$name $(BENCH_ARGS) || exit 1; done

docs: all
	@scripts/docs $(BUILD)

# --- checks ---------------------------------------------------------------------------------------

.PHONY: check-all check-format check-layers check-warnings check-tidy check-cppcheck check-sanitized objects
check-all: check-format check-layers check-warnings check-tidy check-cppcheck check-sanitized freestanding
	@echo 'check: all well'

FORMATTED := $(shell find src include cmd bench test examples -name '*.[ch]' ! -path 'test/import/*')
TIDY_SRC := $(LIB_SRC) $(if $(HAVE_LLVM),$(LLVM_SRC)) $(BARE_ONLY) $(wildcard cmd/*/*.c)

check-format:
	@clang-format --dry-run -Werror $(FORMATTED) && echo 'check: format'

check-layers:
	@scripts/layers && echo 'check: layers'

# The tests of threads, races and forks: what most depends on how it was built. All of them, and the
# other tests, are run by 'make SANITIZE=address,undefined test'.
SANITIZED := $(BUILD)/address-undefined
check-sanitized:
	@$(MAKE) SANITIZE=address,undefined BUILD=$(SANITIZED) $(CONCURRENT_TESTS:%=$(SANITIZED)/test/%) \
		$(SANITIZED)/nanoforged $(if $(HAVE_LLVM),$(SANITIZED)/libnanoforge-llvm.so)
	@$(MAKE) SANITIZE=address,undefined BUILD=$(SANITIZED) TESTS='$(CONCURRENT_TESTS)' TEST_SCRIPTS= test-run
	@echo 'check: address and undefined-behaviour sanitizers'

# Everything that is compiled, by both compilers, where a warning is an error.
objects: $(LIB_OBJ) $(if $(HAVE_LLVM),$(LLVM_OBJ)) $(patsubst %.c,$(BUILD)/%.o,$(BARE_ONLY) $(wildcard cmd/*/*.c bench/*.c \
	examples/embed/*.c $(if $(HAVE_CMOCKA),test/test_*.c) test/lib_*.c test/fuzz_*.c))
	@true

check-warnings:
	@$(MAKE) objects BUILD=$(BUILD)/werror-gcc CC=gcc SANITIZE= CFLAGS='-O2 -Werror'
	@$(MAKE) objects BUILD=$(BUILD)/werror-clang CC=clang SANITIZE= CFLAGS='-O1 -Werror'
	@echo 'check: warnings of gcc and clang'

# A quarter of the paths that the analyser looks at by default: it takes a quarter of the time, too.
ANALYZER := $(addprefix --extra-arg=,-Xclang -analyzer-config -Xclang max-nodes=60000)

# One stamp for each file that was found good; renewed when its object is, that is with its headers.
$(BUILD)/tidy/%.stamp: %.c $(BUILD)/werror-clang/%.o .clang-tidy
	@mkdir -p $(@D)
	$(call say,TIDY,$<) clang-tidy --quiet $(ANALYZER) $< -- $(ALL_CPPFLAGS) -std=c11 2>$@.log >&2 \
		|| { cat $@.log; exit 1; }
	@touch $@

$(BUILD)/cppcheck/%.stamp: %.c $(BUILD)/werror-clang/%.o
	@mkdir -p $(@D)
	$(call say,CPPCHECK,$<) cppcheck --quiet --std=c11 --enable=warning,performance,portability \
		--inline-suppr --error-exitcode=1 --suppress=missingIncludeSystem \
		$(INCLUDES) -D__x86_64__ -D__GNUC__=12 $<
	@touch $@

$(TIDY_SRC:%.c=$(BUILD)/werror-clang/%.o): check-warnings ;

check-tidy: $(TIDY_SRC:%.c=$(BUILD)/tidy/%.stamp)
	@echo 'check: clang-tidy'

check-cppcheck: $(TIDY_SRC:%.c=$(BUILD)/cppcheck/%.stamp)
	@echo 'check: cppcheck'

# --- the freestanding archive ---------------------------------------------------------------------

.PHONY: freestanding
BARE_FLOORS := base os ir opt x64 code race engine guest bus
BARE_SRC := $(sort $(shell find $(wildcard $(BARE_FLOORS:%=src/%)) -name '*.c' ! -path '*/linux/*'))
BARE_OBJ := $(BARE_SRC:%.c=$(BUILD)/bare/%.o)
BARE_CFLAGS := $(COMMON_CFLAGS) -O2 -g -ffreestanding -nostdlib -fno-pie -fno-stack-protector \
	-mno-red-zone
# The compiler's own headers (stddef.h and such) and no others.
BARE_INCLUDES = -nostdinc -isystem $(shell $(CC) -print-file-name=include) $(INCLUDES)

$(BUILD)/bare/%.o: %.c $(FLAGS)
	@mkdir -p $(@D)
	$(call say,CC,$< (bare)) $(CC) $(BARE_INCLUDES) $(BARE_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/libnanoforge-bare.a: $(BARE_OBJ)
	$(call say,AR,$@) rm -f $@ && ar rcs $@ $^

freestanding: $(BUILD)/libnanoforge-bare.a
	@scripts/freestanding $(BUILD)/libnanoforge-bare.a && echo 'check: freestanding'

# --- installation ---------------------------------------------------------------------------------

.PHONY: install uninstall
D = $(DESTDIR)$(PREFIX)
HEADERS := $(wildcard include/nanoforge/*) # the tables among them are links to src/
MAN_PAGES := $(wildcard man/*.[1-8])
man_path = share/man/man$(patsubst .%,%,$(suffix $(1)))/$(notdir $(1))
UNIT := $(wildcard packaging/nanoforged.service)
INSTALLED_PROGRAMS := $(filter nanoforge nanoforged,$(PROGRAMS))

install: all
	install -d $(D)/bin $(D)/lib/pkgconfig $(D)/include/nanoforge
	$(if $(INSTALLED_PROGRAMS),install -m 755 $(INSTALLED_PROGRAMS:%=$(BUILD)/%) $(D)/bin)
	install -m 644 $(HEADERS) $(D)/include/nanoforge
	install -m 644 $(LIB) $(D)/lib
	install -m 755 $(LIB_SO) $(D)/lib/libnanoforge.so.$(VERSION)
	$(if $(LLVM_SO),install -m 755 $(LLVM_SO) $(D)/lib)
	ln -sf libnanoforge.so.$(VERSION) $(D)/lib/libnanoforge.so.$(SO_VERSION)
	ln -sf libnanoforge.so.$(SO_VERSION) $(D)/lib/libnanoforge.so
	sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' nanoforge.pc.in \
		>$(D)/lib/pkgconfig/nanoforge.pc
	$(foreach page,$(MAN_PAGES),install -D -m 644 $(page) $(D)/$(call man_path,$(page)) &&) true
	$(if $(UNIT),install -d $(D)/lib/systemd/user && \
		sed 's|@PREFIX@|$(PREFIX)|g' $(UNIT) >$(D)/lib/systemd/user/$(notdir $(UNIT)))

uninstall:
	rm -f $(INSTALLED_PROGRAMS:%=$(D)/bin/%) $(D)/lib/libnanoforge.a $(D)/lib/libnanoforge.so*
	rm -f $(D)/lib/libnanoforge-llvm.so
	rm -f $(D)/lib/pkgconfig/nanoforge.pc $(D)/lib/systemd/user/nanoforged.service
	rm -f $(foreach page,$(MAN_PAGES),$(D)/$(call man_path,$(page)))
	rm -rf $(D)/include/nanoforge

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
