/* SPDX-License-Identifier: MIT */
/*
 * Pure: bytes in, values out.  Integers are put together byte by byte; the
 * compiler makes one load of it.
 */
#include <config.h>

#include "lib/wire.h"

#include <assert.h>

struct wire_in wire_in(struct span body)
{
	if (body.len == 0)
		body.at = "";
	return (struct wire_in){body.at, body.at + body.len, false};
}

struct span wire_get_bytes(struct wire_in *in, size_t len)
{
	struct span bytes;

	if (in->failed || len > (size_t)(in->end - in->at)) {
		in->failed = true;
		return span(NULL, 0);
	}
	bytes = span(in->at, len);
	in->at += len;
	return bytes;
}

static inline uint64_t get(struct wire_in *in, size_t size)
{
	struct span bytes = wire_get_bytes(in, size);
	uint64_t value = 0;

	for (size_t i = 0; i < bytes.len; i++)
		value |= (uint64_t)(unsigned char)bytes.at[i] << (8 * i);
	return value;
}

uint8_t wire_get_u8(struct wire_in *in)
{
	return (uint8_t)get(in, 1);
}

uint16_t wire_get_u16(struct wire_in *in)
{
	return (uint16_t)get(in, 2);
}

uint32_t wire_get_u32(struct wire_in *in)
{
	return (uint32_t)get(in, 4);
}

uint64_t wire_get_u64(struct wire_in *in)
{
	return get(in, 8);
}

struct span wire_get_str8(struct wire_in *in)
{
	return wire_get_bytes(in, wire_get_u8(in));
}

struct span wire_get_str16(struct wire_in *in)
{
	return wire_get_bytes(in, wire_get_u16(in));
}

struct span wire_get_blob(struct wire_in *in)
{
	return wire_get_bytes(in, wire_get_u32(in));
}

struct span wire_get_rest(struct wire_in *in)
{
	return wire_get_bytes(in, (size_t)(in->end - in->at));
}

bool wire_done(const struct wire_in *in)
{
	return !in->failed && in->at == in->end;
}

static inline void put_at(char *at, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		at[i] = (char)(unsigned char)(value >> (8 * i));
}

static inline void put(struct buf *out, uint64_t value, size_t size)
{
	put_at(buf_reserve(out, size), value, size);
	out->len += size;
}

void wire_put_u8(struct buf *out, uint8_t value)
{
	put(out, value, 1);
}

void wire_put_u16(struct buf *out, uint16_t value)
{
	put(out, value, 2);
}

void wire_put_u32(struct buf *out, uint32_t value)
{
	put(out, value, 4);
}

void wire_put_u64(struct buf *out, uint64_t value)
{
	put(out, value, 8);
}

void wire_put_bytes(struct buf *out, const void *at, size_t len)
{
	buf_add(out, at, len);
}

void wire_put_str8(struct buf *out, struct span text)
{
	assert(text.len <= UINT8_MAX);
	wire_put_u8(out, (uint8_t)text.len);
	buf_add_span(out, text);
}

void wire_put_str16(struct buf *out, struct span text)
{
	if (text.len > UINT16_MAX)
		text.len = UINT16_MAX;
	wire_put_u16(out, (uint16_t)text.len);
	buf_add_span(out, text);
}

void wire_put_blob(struct buf *out, struct span bytes)
{
	assert(bytes.len <= UINT32_MAX);
	wire_put_u32(out, (uint32_t)bytes.len);
	buf_add_span(out, bytes);
}

size_t wire_begin(struct buf *out, enum wire_type type)
{
	size_t begun = out->len;

	wire_put_u32(out, 0);
	wire_put_u8(out, (uint8_t)type);
	return begun;
}

void wire_end(struct buf *out, size_t begun)
{
	size_t len = out->len - begun - WIRE_HEAD;

	assert(len >= 1 && len <= WIRE_FRAME_MAX);
	put_at(out->at + begun, len, WIRE_HEAD);
}

bool wire_get_event(struct span body, struct wire_event *event)
{
	struct wire_in in = wire_in(body);

	event->id = wire_get_u64(&in);
	event->at = wire_get_u64(&in);
	event->taken = wire_get_u64(&in);
	event->channel = wire_get_str16(&in);
	event->type = wire_get_str8(&in);
	event->traits = wire_get_str16(&in);
	event->data = wire_get_rest(&in);
	return wire_done(&in);
}

void wire_put_event(struct buf *out, const struct wire_event *event)
{
	wire_put_u64(out, event->id);
	wire_put_u64(out, event->at);
	wire_put_u64(out, event->taken);
	wire_put_str16(out, event->channel);
	wire_put_str8(out, event->type);
	wire_put_str16(out, event->traits);
	buf_add_span(out, event->data);
}

size_t wire_event_size(const struct wire_event *event)
{
	return 8 + 8 + 8 + 2 + event->channel.len + 1 + event->type.len + 2 +
	       event->traits.len + event->data.len;
}

size_t wire_frame(
	struct span bytes, uint8_t *type, struct span *body, bool *bad)
{
	struct wire_in in = wire_in(bytes);
	size_t len = wire_get_u32(&in);

	*bad = !in.failed && (len == 0 || len > WIRE_FRAME_MAX);
	if (in.failed || *bad || len > bytes.len - WIRE_HEAD)
		return 0;
	*type = wire_get_u8(&in);
	*body = wire_get_bytes(&in, len - 1);
	return WIRE_HEAD + len;
}
