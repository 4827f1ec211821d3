# A first Makefile: every src/<floor>/*.c is in the library. Needs GNU make and a C compiler.
CC ?= gcc
BUILD ?= build
SANITIZE ?=
CPPFLAGS += -Iinclude -Isrc -Isrc/base -Isrc/ir
CFLAGS ?= -O2 -g
CFLAGS += -std=c11 -Wall -Wextra -Wvla -Wshadow -Wmissing-prototypes -fvisibility=hidden -fPIC -fno-omit-frame-pointer -pthread -D_GNU_SOURCE
ifneq ($(SANITIZE),)
CFLAGS += -fsanitize=$(SANITIZE)
LDFLAGS += -fsanitize=$(SANITIZE)
BUILD := build/$(subst $(comma),-,$(SANITIZE))
endif
comma := ,
LIB_SRC := $(wildcard src/*/*.c src/os/linux/*.c)
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/%.o)

all: $(BUILD)/libnanoforge.a
$(BUILD)/libnanoforge.a: $(LIB_OBJ)
	ar rcs $@ $^
$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@
-include $(LIB_OBJ:.o=.d)
