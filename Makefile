# make            build objs/srs              make demo     see it live      make help     everything else
#
# The Makefile finds sources by name: a new src/**/*.c, test/unit/**/*_test.c, test/fuzz/**/*_fuzz.c,
# research/bench/*.c or research/librtmp/*.c needs no line here. All output goes to objs/.

MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SUFFIXES:
SHELL = /bin/sh

# These goals need no configured tree, or configure it themselves.
UNCONFIGURED = help clean console distclean check test test-clients test-distros demo demo-stop deps deps-build layers third-party \
	format format-check shellcheck
GOALS := $(or $(MAKECMDGOALS),all)

.PHONY: all
all:

ifneq ($(filter-out $(UNCONFIGURED),$(GOALS)),)
include objs/config.mk
ifneq ($(JOBS),)
ifeq ($(filter -j% --jobserver%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(JOBS)
endif
endif
endif

ST_SOURCES := $(shell find third_party/state-threads -type f ! -name '*.md')

objs/config.mk: objs/configured
	@:

# configure names what is missing. After its first run, make runs it again when it has changed.
objs/configured: configure trunk-scripts/build-st.sh $(ST_SOURCES)
	./configure --again

# ---- sources ---------------------------------------------------------------------------------------

find = $(sort $(shell [ ! -d $(1) ] || find $(1) -type f $(2)))

LAYERS := src/core src/kernel src/protocol src/app
LIB_SOURCES := $(foreach layer,$(LAYERS),$(call find,$(layer),-name '*.c'))
MAIN_SOURCES := $(call find,src/main,-name '*.c')
HEADERS := $(call find,src,-name '*.h')

# The client library: its own files, and those of the server that it is made of. None of these needs the loop.
RTMP_OWN := $(call find,src/srs_rtmp,-name '*.c')
RTMP_SHARED := $(addprefix src/core/,clock.c err.c ident.c mem.c str.c utf8.c) \
	$(addprefix src/kernel/,aac.c ac3.c amf0.c amf3.c av1.c avc.c flv.c flv_body.c flv_frame.c flv_stream.c frame.c frame_make.c \
		hevc.c hevc_record.c mp3.c nalu.c nalu_form.c opus.c sound.c vp9.c) \
	$(addprefix src/protocol/,dial.c io_addr.c resolve.c stream_name.c tls/peer_name.c) \
	$(addprefix src/protocol/rtmp/,address.c aggregate.c answer.c authmod.c authmod_client.c chunk_reader.c chunk_writer.c client.c \
		command.c handshake.c link.c outbox.c peer.c signature.c url.c)
RTMP_EXAMPLES := $(call find,research/librtmp,-name '*.c')

UNIT_TESTS := $(call find,test/unit,-name '*_test.c')
UNIT_SUPPORT := $(filter-out $(UNIT_TESTS),$(call find,test/unit,-name '*.c'))

FUZZERS := $(call find,test/fuzz,-name '*_fuzz.c')

TOOLS := $(call find,test/tools,-name '*.c')

# Those of WebRTC encrypt with libsrtp, which is here for tests alone.
HAVE_SRTP := $(wildcard /usr/include/srtp2/srtp.h)
BENCH_RTC := research/bench/rtc_viewer.c research/bench/rtc_way.c
BENCH_ALL := $(filter-out $(if $(HAVE_SRTP),,research/bench/rtc_%),$(call find,research/bench,-name '*.c'))
BENCH_TOOLS := $(shell [ -z "$(BENCH_ALL)" ] || grep -lw '^int main' $(BENCH_ALL))
BENCH_SUPPORT := $(filter-out $(BENCH_TOOLS) $(BENCH_RTC),$(BENCH_ALL))

# ---- how it is compiled ----------------------------------------------------------------------------------

# configure --werror=on, or make WERROR=on, is for developers: a newer compiler's warnings must not stop a user.
WERROR ?= off
WARNINGS = -Wall -Wextra $(if $(filter on,$(WERROR)),-Werror) -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wformat=2 \
	-Wno-format-nonliteral -Wundef
CPPFLAGS_ALL = -D_GNU_SOURCE -Isrc -Iobjs/include -I$(ST) $(LIB_CFLAGS)
CFLAGS_ALL = -std=gnu17 $(WARNINGS) -fstack-protector-strong -pthread
LDFLAGS_ALL = $(BUILD_LDFLAGS) -pthread -Wl,-z,noexecstack -Wl,--as-needed $(USER_LDFLAGS)

compile = $(CC) $(CFLAGS_ALL) $(BUILD_CFLAGS) $(CPPFLAGS_ALL) $(USER_CFLAGS) -MMD -MP

ifneq ($(V),1)
quiet = @printf '  %-6s %s\n' $(1) '$(2)';
endif

B = objs/build/$(MODE)
LIB = $(B)/libsrs.a
object = $(patsubst %.c,$(B)/%.o,$(1))

LIB_OBJECTS = $(call object,$(LIB_SOURCES))
MAIN_OBJECTS = $(call object,$(MAIN_SOURCES))

UNIT_PROGRAMS = $(patsubst %.c,$(B)/%,$(UNIT_TESTS))
BENCH_PROGRAMS = $(patsubst research/bench/%.c,objs/bench/%,$(BENCH_TOOLS))

TOOL_PROGRAMS = $(patsubst test/tools/%.c,objs/tools/%,$(TOOLS))

RTMP_LIB = objs/lib/libsrs_rtmp.a
RTMP_PROGRAMS = $(patsubst research/librtmp/%.c,objs/librtmp/%,$(RTMP_EXAMPLES))

PAGES_STAMP = objs/players/made

# make all builds the server and the client library, and the load tools, examples and web pages unless they are switched off.
ALL = $(LIB) objs/srs $(RTMP_LIB) $(if $(filter on,$(RESEARCH)),$(BENCH_PROGRAMS) $(RTMP_PROGRAMS)) $(if $(filter on,$(PAGES)),$(PAGES_STAMP))
all: $(ALL)

$(B)/%.o: %.c objs/config.mk Makefile
	@mkdir -p $(@D)
	$(call quiet,cc,$<) $(compile) -c -o $@ $<

# The server's functions run on the stacks of coroutines. (With sanitizers both frames and stacks are larger.)
ifneq ($(MODE),asan)
$(B)/src/%.o: CFLAGS_ALL += -Wframe-larger-than=8192
endif

# cmocka.h needs these headers before it. Included here, the order of includes in the tests does not matter.
# cmocka 2 deprecates names for which cmocka 1 has no replacement.
UNIT_CPPFLAGS = -Wno-deprecated-declarations -Itest/unit -include setjmp.h -include stdarg.h -include stddef.h -include stdint.h
$(B)/test/%.o: CPPFLAGS_ALL += $(UNIT_CPPFLAGS)
# Tests are run once: to compile them well takes longer than what is gained.
$(B)/test/unit/%.o: CPPFLAGS_ALL += -O0 -U_FORTIFY_SOURCE
# A bench makes its tokens as the unit tests do.
$(B)/research/%.o: CPPFLAGS_ALL += -Iresearch/bench -Itest/unit

# ar keeps members whose source is deleted, so the archive is always made from nothing, also when only its list has changed.
$(B)/libsrs.list: FORCE
	@mkdir -p $(@D)
	@echo '$(LIB_OBJECTS)' | cmp -s - $@ || echo '$(LIB_OBJECTS)' >$@

$(LIB): $(LIB_OBJECTS) $(B)/libsrs.list
	$(call quiet,ar,$@) rm -f $@ && ar rcs $@ $(LIB_OBJECTS)

ST_LIB = $(ST)/libst.a
$(ST_LIB): objs/config.mk

objs/srs: $(MAIN_OBJECTS) $(LIB) $(ST_LIB) objs/config.mk
	$(call quiet,link,$@) $(CC) $(LDFLAGS_ALL) -o $@.new $(MAIN_OBJECTS) $(LIB) $(ST_LIB) $(LIBS) && mv -f $@.new $@

$(UNIT_PROGRAMS): $(B)/%: $(B)/%.o $(call object,$(UNIT_SUPPORT)) $(LIB) $(ST_LIB)
	$(call quiet,link,$@) $(CC) $(LDFLAGS_ALL) $(UNIT_LDFLAGS) -o $@ $< $(call object,$(UNIT_SUPPORT)) $(UNIT_LIB) $(LIB) $(ST_LIB) \
		-lcmocka $(LIBS)

# Tests of the client library are linked with it; its own copies of the server's files do not meet those of the tests. One of them
# takes the place of malloc().
RTMP_TESTS = $(filter $(B)/test/unit/srs_rtmp/%,$(UNIT_PROGRAMS))
$(RTMP_TESTS): $(RTMP_LIB)
$(RTMP_TESTS): UNIT_LIB = $(RTMP_LIB)
%/test/unit/srs_rtmp/memory_test: UNIT_LDFLAGS = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc

$(BENCH_PROGRAMS): objs/bench/%: $(B)/research/bench/%.o $(call object,$(BENCH_SUPPORT)) $(LIB) $(ST_LIB)
	@mkdir -p $(@D)
	$(call quiet,link,$@) $(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) $(LIB) $(ST_LIB) $(LIBS) -lm
objs/bench/rtc_players: $(call object,$(BENCH_RTC))
objs/bench/rtc_players objs/bench/rtc_floor: LIBS += -lsrtp2

# Programs of the end-to-end tests, made of the library.
$(TOOL_PROGRAMS): objs/tools/%: $(B)/test/tools/%.o $(LIB) $(ST_LIB)
	@mkdir -p $(@D)
	$(call quiet,link,$@) $(CC) $(LDFLAGS_ALL) -o $@ $< $(LIB) $(ST_LIB) $(LIBS)

# The client library is one object whose only global symbols are those of its header, so that it shares a program with any other
# library. It may become a part of a shared object.
$(B)/pic/%.o: %.c objs/config.mk Makefile
	@mkdir -p $(@D)
	$(call quiet,cc,$<) $(compile) -fPIC -fno-lto -c -o $@ $<

RTMP_OBJECTS = $(patsubst %.c,$(B)/pic/%.o,$(RTMP_OWN) $(RTMP_SHARED))
make_rtmp_lib = rm -f $@ && $(1) -r -nostdlib -o $(@D)/srs_rtmp.o $(2) && \
	objcopy --wildcard --keep-global-symbol='srs_rtmp_*' $(@D)/srs_rtmp.o && ar rcs $@ $(@D)/srs_rtmp.o && rm $(@D)/srs_rtmp.o
$(RTMP_LIB): $(RTMP_OBJECTS)
	@mkdir -p $(@D)
	$(call quiet,ar,$@) $(call make_rtmp_lib,$(CC),$^)

RTMP_LIBS = $(filter -L% -lssl -lcrypto,$(LIBS))
$(B)/research/librtmp/%.o: CPPFLAGS_ALL = -D_GNU_SOURCE -Isrc/srs_rtmp
$(RTMP_PROGRAMS): objs/librtmp/%: $(B)/research/librtmp/%.o $(RTMP_LIB)
	@mkdir -p $(@D)
	$(call quiet,link,$@) $(CC) $(LDFLAGS_ALL) -o $@ $< $(RTMP_LIB) $(RTMP_LIBS)

# The pages need no network, neither during the build nor in the browser.
$(PAGES_STAMP): $(call find,research/players,) $(call find,research/console,) $(foreach player,mpegts hls dash,$(call find,third_party/$(player).js,)) trunk-scripts/pages.sh trunk-scripts/console.sh objs/config.mk
	@mkdir -p $(@D)
	$(call quiet,pages,objs/nginx/html) trunk-scripts/pages.sh && touch $@

.SECONDARY: # keep the objects of tests and tools
.PHONY: FORCE bench bench-faults bench-tools console lib pages unit-programs test-tools
FORCE:
pages: $(PAGES_STAMP)
console:
	@trunk-scripts/console.sh build
bench-tools: $(BENCH_PROGRAMS)
lib: $(RTMP_LIB) $(RTMP_PROGRAMS)
unit-programs: $(UNIT_PROGRAMS)
test-tools: $(TOOL_PROGRAMS)

# bench compares this server with the bare loop, nginx and node-media-server: tables, objs/bench/*.json and a picture, in
# about 25 minutes. bench-faults measures what one stream in trouble costs the others, in five minutes.
bench: all bench-tools
	@trunk-scripts/deps.sh bench
	@trunk-scripts/bench-peers.sh
	@research/bench/memory.py
	@research/bench/bench.py

bench-faults: all bench-tools
	@trunk-scripts/deps.sh bench
	@research/bench/faults.py --control

# A million short connections over every protocol, beside a stream that must not notice: ten to twenty minutes.
CYCLES ?= 1000000
.PHONY: soak
soak: all
	@nice -n 5 /usr/bin/python3 test/soak/soak.py $(CYCLES)

# Three tiers of servers under kills, partitions and bad links.
MINUTES ?= 10
.PHONY: soak-cluster
soak-cluster: all
	@nice -n 5 /usr/bin/python3 test/soak/cluster.py --minutes $(MINUTES)

# Into WebRTC and out of it: every picture, and the place of the sound.
.PHONY: soak-rtc
soak-rtc: MINUTES = 20
soak-rtc: all
	@nice -n 5 /usr/bin/python3 test/soak/rtc.py --minutes $(MINUTES)

# ---- fuzzing: a separate build with clang's libFuzzer -----------------------------------------------------

F = objs/build/fuzz
FUZZ_CC = clang
# make test compiles for a second of each fuzzer only: -O0 takes a third of the time.
FUZZ_OPT ?= -O1
FUZZ_FLAGS = -g $(FUZZ_OPT) -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_PROGRAMS = $(patsubst %.c,objs/fuzz/%,$(notdir $(FUZZERS)))
FUZZ_OBJECTS = $(patsubst %.c,$(F)/%.o,$(LIB_SOURCES))
FUZZ_ST = objs/st-asan/libst.a

$(F)/%.o: %.c objs/config.mk Makefile
	@mkdir -p $(@D)
	$(call quiet,fuzzcc,$<) $(FUZZ_CC) $(CFLAGS_ALL) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link $(CPPFLAGS_ALL) -MMD -MP -c -o $@ $<

$(F)/test/fuzz/%.o: CFLAGS_ALL += -Wno-missing-prototypes

$(F)/libsrs.a: $(FUZZ_OBJECTS)
	$(call quiet,ar,$@) rm -f $@ && ar rcs $@ $(FUZZ_OBJECTS)

$(FUZZ_ST): objs/config.mk trunk-scripts/build-st.sh $(ST_SOURCES)
	trunk-scripts/build-st.sh asan $(CC)
	@touch $@

define fuzz_program
objs/fuzz/$(notdir $(1:.c=)): $(F)/$(1:.c=.o) $(F)/libsrs.a $(FUZZ_ST)
	@mkdir -p $$(@D)
	$$(call quiet,link,$$@) $(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer -pthread -Wl,-z,noexecstack -o $$@ $$^ $$(LIBS) $$(FUZZ_LIBS)
endef
objs/fuzz/jw_fuzz objs/fuzz/jr_fuzz objs/fuzz/cue_fuzz: FUZZ_LIBS = -ljansson # a second reader of JSON, for comparison
objs/fuzz/xw_fuzz: FUZZ_LIBS = -lexpat # a second reader of XML
$(foreach fuzzer,$(FUZZERS),$(eval $(call fuzz_program,$(fuzzer))))

# A second SRTP for comparison, where it is installed.
$(B)/test/unit/protocol/rtc/srtp_test $(F)/test/unit/protocol/rtc/srtp_test: LIBS += $(if $(HAVE_SRTP),-lsrtp2)

# The unit tests again, linked with the same sanitized objects.
UNIT_ASAN_PROGRAMS = $(patsubst %.c,$(F)/%,$(UNIT_TESTS))
UNIT_ASAN_SUPPORT = $(patsubst %.c,$(F)/%.o,$(UNIT_SUPPORT))

$(F)/test/unit/%.o: CPPFLAGS_ALL += $(UNIT_CPPFLAGS)

$(UNIT_ASAN_PROGRAMS): $(F)/%: $(F)/%.o $(UNIT_ASAN_SUPPORT) $(F)/libsrs.a $(FUZZ_ST)
	$(call quiet,link,$@) $(FUZZ_CC) $(FUZZ_FLAGS) -pthread -Wl,-z,noexecstack $(UNIT_LDFLAGS) -o $@ $^ -lcmocka $(LIBS)
$(filter $(F)/test/unit/srs_rtmp/%,$(UNIT_ASAN_PROGRAMS)): $(F)/libsrs_rtmp.a

.PHONY: fuzz-programs fuzz-short fuzz
fuzz-programs: $(FUZZ_PROGRAMS)

fuzz-short: fuzz-programs
	trunk-scripts/run-fuzz.sh $(or $(FUZZ_SECONDS),1) 10000

fuzz: fuzz-programs
	trunk-scripts/run-fuzz.sh $(or $(FUZZ_SECONDS),600)

TOOL_ASAN_PROGRAMS = $(patsubst test/tools/%.c,objs/tools-asan/%,$(TOOLS))
$(TOOL_ASAN_PROGRAMS): objs/tools-asan/%: $(F)/test/tools/%.o $(F)/libsrs.a $(FUZZ_ST)
	@mkdir -p $(@D)
	$(call quiet,link,$@) $(FUZZ_CC) $(FUZZ_FLAGS) -pthread -Wl,-z,noexecstack -o $@ $^ $(LIBS)

RTMP_LIB_ASAN = $(F)/libsrs_rtmp.a
$(RTMP_LIB_ASAN): $(patsubst %.c,$(F)/%.o,$(RTMP_OWN) $(RTMP_SHARED))
	$(call quiet,ar,$@) $(call make_rtmp_lib,$(FUZZ_CC),$^)

RTMP_ASAN_PROGRAMS = $(patsubst research/librtmp/%.c,objs/librtmp-asan/%,$(RTMP_EXAMPLES))
$(F)/research/librtmp/%.o: CPPFLAGS_ALL = -D_GNU_SOURCE -Isrc/srs_rtmp
$(RTMP_ASAN_PROGRAMS): objs/librtmp-asan/%: $(F)/research/librtmp/%.o $(RTMP_LIB_ASAN)
	@mkdir -p $(@D)
	$(call quiet,link,$@) $(FUZZ_CC) $(FUZZ_FLAGS) -pthread -Wl,-z,noexecstack -o $@ $^ $(RTMP_LIBS)

objs/srs-asan: $(patsubst %.c,$(F)/%.o,$(MAIN_SOURCES)) $(F)/libsrs.a $(FUZZ_ST)
	$(call quiet,link,$@) $(FUZZ_CC) $(FUZZ_FLAGS) -pthread -Wl,-z,noexecstack -o $@ $^ $(LIBS)

# ---- tests -------------------------------------------------------------------------------------------------

.PHONY: check test test-long test-clients test-distros deps deps-build unit unit-asan e2e e2e-python e2e-asan \
	e2e-valgrind layers state headers \
	third-party lint format format-check shellcheck valgrind

# Without root and without a network: nothing is installed, and what this machine lacks is skipped with a line.
check:
	@trunk-scripts/run-tests.sh check

# All suites; the packages that they need are installed first.
test:
	@trunk-scripts/run-tests.sh test

# The unit tests with clang's sanitizers, and the end-to-end tests and cells that make test leaves out. A part of these: LONG='-k dash'.
test-long: all test-tools bench-tools lib
	trunk-scripts/deps.sh test
	trunk-scripts/test-node.sh
	trunk-scripts/bench-peers.sh
	@$(MAKE) -s unit-asan
	@trunk-scripts/run-e2e.sh test/e2e --long $(LONG)

# Takes longer: players and encoders of newer Debian releases. CLIENTS='--only hevc' runs a part.
test-clients:
	trunk-scripts/test-clients.sh $(CLIENTS)

# Builds and tests on Debian 12, 13 and unstable, with gcc and clang, each in its own tree; needs root. A part of it:
# DISTROS='12/gcc 13' SUITES='unit lint'. COMMIT=main tests that commit instead of the working tree.
test-distros:
	@SUITES='$(SUITES)' COMMIT='$(COMMIT)' trunk-scripts/test-distros.sh $(DISTROS)

# Installs all packages that make, make demo and make test need. After that they fetch nothing.
deps:
	trunk-scripts/deps.sh test
	trunk-scripts/test-node.sh

deps-build:
	trunk-scripts/deps.sh build

unit: unit-programs
	@trunk-scripts/run-unit.sh $(UNIT_PROGRAMS)

unit-asan: $(UNIT_ASAN_PROGRAMS)
	@SUITE=asan trunk-scripts/run-unit.sh $(UNIT_ASAN_PROGRAMS)

e2e: all test-tools bench-tools lib
	@trunk-scripts/run-e2e.sh

# Only the tests whose clients are in Python.
e2e-python: all test-tools bench-tools lib
	@trunk-scripts/run-e2e.sh test/e2e --python-only

# These two test another server: one with clang's sanitizers, or one inside valgrind.
e2e-asan: objs/srs-asan $(TOOL_ASAN_PROGRAMS) $(RTMP_ASAN_PROGRAMS)
	@SRS_BIN=objs/srs-asan trunk-scripts/run-e2e.sh

# valgrind needs some descriptors itself: the one test that counts them exactly is left out.
e2e-valgrind: all test-tools lib
	@SRS_BIN=trunk-scripts/valgrind-srs.sh E2E_SCALE=10 trunk-scripts/run-e2e.sh test/e2e \
		--deselect test_process.py::test_the_open_file_limit_is_raised_to_what_the_connections_need

valgrind: all unit-programs
	TEST_WRAPPER='$(VALGRIND)' trunk-scripts/run-unit.sh $(UNIT_PROGRAMS)

VALGRIND = valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,possible

layers:
	@trunk-scripts/check-layers-test.sh
	trunk-scripts/check-layers.sh

# The sanitizers add variables of their own.
state: $(LIB_OBJECTS) $(MAIN_OBJECTS)
ifeq ($(MODE),asan)
	@echo "state: 0 passed, 0 failed, 1 skipped (a build with sanitizers)"
else
	@trunk-scripts/check-state.sh $(B) $(LIB_SOURCES) $(MAIN_SOURCES)
endif

third-party:
	@trunk-scripts/third-party.sh check

headers:
	@trunk-scripts/check-headers.sh '$(CC) -std=gnu17 $(WARNINGS) $(CPPFLAGS_ALL)' $(HEADERS)

CPPCHECK = cppcheck --quiet --std=c11 --language=c --enable=warning,performance,portability --inline-suppr \
	--error-exitcode=1 --suppressions-list=trunk-scripts/cppcheck.txt --template=gcc \
	--cppcheck-build-dir=objs/cppcheck -j2 -D__linux__ -D__x86_64__ -D__GNUC__=12 -Isrc -Iobjs/include
lint:
	@mkdir -p objs/cppcheck
	@$(CPPCHECK) $(LIB_SOURCES) $(MAIN_SOURCES) $(RTMP_OWN) $(RTMP_EXAMPLES)

STYLED = $(HEADERS) $(LIB_SOURCES) $(MAIN_SOURCES) $(RTMP_OWN) \
	$(foreach folder,test/unit test/fuzz test/tools research/bench research/librtmp,$(call find,$(folder),-name '*.[ch]'))
format:
	@trunk-scripts/check-format.sh --fix $(STYLED)

format-check:
	@trunk-scripts/check-format.sh $(STYLED)

shellcheck:
	@trunk-scripts/check-shell.sh

# ---- running and installing ---------------------------------------------------------------------------------

.PHONY: demo demo-stop install clean distclean help
demo:
	trunk-scripts/demo.sh start

demo-stop:
	trunk-scripts/demo.sh stop

install: all
	trunk-scripts/install.sh "$(DESTDIR)" "$(PREFIX)" "$(UNITDIR)"

clean:
	rm -rf objs/build objs/players objs/bench objs/fuzz objs/tools objs/tools-asan objs/lib objs/librtmp objs/librtmp-asan objs/cppcheck objs/test objs/srs objs/srs.new objs/srs-asan

distclean: clean
	rm -rf objs/st objs/st-asan objs/st-build-* objs/st-source objs/third-party objs/include objs/config.mk objs/configured \
		objs/configure-args objs/peers objs/trixie objs/forky objs/distros

help:
	@echo 'make              build objs/srs, the load tools and the web pages; runs ./configure the first time'
	@echo 'make demo         install what the build needs, build, start a server, publish the sample clip to it'
	@echo 'make demo-stop    end what make demo started'
	@echo 'make install      copy everything to the prefix of configure, below DESTDIR if that is set; the systemd unit also'
	@echo '                  to UNITDIR, by default /usr/local/lib/systemd/system'
	@echo 'make lib          build the client library objs/lib/libsrs_rtmp.a, and its examples in objs/librtmp'
	@echo 'make pages        copy the web pages to objs/nginx/html'
	@echo 'make console      make research/console/dist again after a change of the console (npm)'
	@echo 'make deps         install all packages for make, make demo and make test, so that these need no network;'
	@echo '                  deps-build: only those for make and make demo'
	@echo 'make clean        remove what was built; distclean: also state-threads and the files of configure'
	@echo
	@echo 'make check        build, run the checks and tests that need no root and no network; install nothing'
	@echo 'make test         install what the tests need (as root), build, run every check and test'
	@echo 'make unit         the unit tests; unit-asan: the same with clang and its sanitizers; valgrind: the same in valgrind'
	@echo 'make e2e          the end-to-end tests; e2e-asan, e2e-valgrind: the same with such a server'
	@echo 'make fuzz-short   each fuzzer for FUZZ_SECONDS=1, at most 10000 runs; fuzz: for FUZZ_SECONDS=600'
	@echo 'make layers       check that includes point one way; headers: that each header compiles alone; state: that'
	@echo '                  files with variables are listed in doc/architecture.md'
	@echo 'make third-party  compare third_party/ with its checksums'
	@echo 'make format       lay the sources out by clang-format; format-check: only compare'
	@echo 'make lint         cppcheck over the sources; shellcheck: shellcheck over the scripts'
	@echo
	@echo 'make test-long    the end-to-end tests that take minutes each; LONG="-k dash" for a part'
	@echo 'make test-clients ffmpeg, GStreamer, mpv, VLC of newer Debian releases, by chroot; takes long, needs root'
	@echo 'make test-distros make test on Debian 12, 13 and unstable, with gcc and clang, by chroot; takes long, needs root.'
	@echo '                  DISTROS="12/gcc 13" SUITES="unit e2e" for a part, COMMIT=main for a commit'
	@echo 'make soak         10^6 connections over every protocol, which must leave nothing behind; CYCLES=N'
	@echo 'make soak-cluster three tiers of servers under kills, partitions and bad links; MINUTES=10'
	@echo 'make soak-rtc     streams into WebRTC and out of it: every picture, and the place of the sound; MINUTES=20'
	@echo 'make bench        memory, CPU and latency, compared with the bare loop and other servers (about 25 minutes)'
	@echo 'make bench-faults what one stream in trouble costs the others (5 minutes)'
	@echo 'make bench-tools  build only the load tools of research/bench; test-tools: only the programs of the end-to-end tests'
	@echo
	@echo 'V=1 shows the commands. ./configure --help lists the build options.'

-include $(patsubst %.o,%.d,$(LIB_OBJECTS) $(MAIN_OBJECTS) $(UNIT_PROGRAMS:=.o) $(call object,$(UNIT_SUPPORT) $(BENCH_ALL) $(TOOLS) \
	$(RTMP_EXAMPLES)) $(RTMP_OBJECTS))
-include $(patsubst %.o,%.d,$(FUZZ_OBJECTS) $(patsubst %.c,$(F)/%.o,$(FUZZERS) $(MAIN_SOURCES) $(UNIT_TESTS) $(TOOLS) $(RTMP_OWN) \
	$(RTMP_EXAMPLES)) $(UNIT_ASAN_SUPPORT))
