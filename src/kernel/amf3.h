/**
 * Conversion of AMF3 values into AMF0, so that the rest of the server and all players handle only AMF0.
 *
 * Flash clients and media servers put AMF3 into commands and data messages in two ways: as single values inside AMF0, each
 * after the marker avmplus (AMF0 3.1), or as a whole message of AMF3 values.
 *
 * An object becomes an object without its class. An array becomes a strict array, or an ECMA array if it has names. A vector
 * becomes a strict array, XML a string, a byte array null. A reference becomes a copy of the value that it refers to, or null if
 * that value is not complete (a cycle). Dictionaries and externalizable objects, whose form only their makers know, are malformed.
 *
 * Source     Action Message Format AMF3, Adobe 2013
 * Yields     no
 */
#ifndef KERNEL_AMF3_H
#define KERNEL_AMF3_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/wr.h"
#include "kernel/amf0.h"

/* AMF3 3.1: the type markers. */
enum amf3_type {
    AMF3_UNDEFINED = 0x00,
    AMF3_NULL = 0x01,
    AMF3_FALSE = 0x02,
    AMF3_TRUE = 0x03,
    AMF3_INTEGER = 0x04,
    AMF3_DOUBLE = 0x05,
    AMF3_STRING = 0x06,
    AMF3_XML_DOCUMENT = 0x07,
    AMF3_DATE = 0x08,
    AMF3_ARRAY = 0x09,
    AMF3_OBJECT = 0x0A,
    AMF3_XML = 0x0B,
    AMF3_BYTE_ARRAY = 0x0C,
    AMF3_VECTOR_INT = 0x0D,
    AMF3_VECTOR_UINT = 0x0E,
    AMF3_VECTOR_DOUBLE = 0x0F,
    AMF3_VECTOR_OBJECT = 0x10,
};

/* Sizes of the tables of references. Further strings and objects are read, but a reference to them is malformed; further
 * classes and names of properties are malformed. */
enum { AMF3_STRINGS_MAX = 256, AMF3_TRAITS_MAX = 64, AMF3_KEYS_MAX = 256, AMF3_OBJECTS_MAX = 256 };

/** The tables of values that references point to. They are large, so they belong on the heap. */
struct amf3_tables {
    size_t           n_strings, n_traits, n_keys, n_objects;
    struct amf0_text strings[AMF3_STRINGS_MAX], keys[AMF3_KEYS_MAX];
    struct {
        uint32_t first_key, n_keys;
        bool     dynamic;
    } traits[AMF3_TRAITS_MAX];
    struct {
        size_t from, to; /* place in the output; `to` is 0 while the object is not complete */
    } objects[AMF3_OBJECTS_MAX];
};

/** True if a message may have AMF3 in it. It looks at each byte once; false is certain, true is a guess. */
bool amf3_may_be_in(const uint8_t *body, size_t len);

/**
 * Write a message as AMF0.
 *
 * Shape      body: AMF0 values, any of which may be or hold AMF3 values; or AMF3 values alone, the first of them a string
 * Returns    false if the message is malformed, nested deeper than AMF0_DEPTH_MAX, or does not fit; then the contents of `w` are
 *            undefined
 */
bool amf3_to_amf0(struct wr *w, const uint8_t *body, size_t len, struct amf3_tables *tables) ATTR_MUST_USE;

#endif
