#include <config.h>

#include "fcgi/parcel.h"

#include <assert.h>
#include <stdlib.h>

#include "fcgi/record.h"

struct parcel *parcel_new(uint16_t request, struct span text)
{
	size_t records = (text.len + RECORD_BODY - 1) / RECORD_BODY;
	size_t len = text.len + records * RECORD_HEAD;
	struct parcel *parcel = mem_new(sizeof(*parcel) + len);
	struct buf out = {parcel->bytes, 0, len};

	assert(len <= UINT32_MAX);
	record_stdout(&out, request, text);
	assert(out.at == parcel->bytes && out.len == len);
	parcel->len = (uint32_t)len;
	parcel->refs = 1;
	return parcel;
}

struct parcel *parcel_hold(struct parcel *parcel)
{
	parcel->refs++;
	return parcel;
}

void parcel_drop(struct parcel *parcel)
{
	if (parcel != NULL && --parcel->refs == 0)
		free(parcel);
}
