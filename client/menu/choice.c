/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/menu/choice.h"

#include "client/show/screen.h"

static size_t up(size_t from, size_t by)
{
	return from > by ? from - by : 0;
}

bool choice_key(struct choice *choice, int key, size_t count, size_t rows)
{
	size_t page = rows > 1 ? rows - 1 : 1;

	switch (key) {
	case SCREEN_UP:
	case 'k':
		choice->chosen = up(choice->chosen, 1);
		break;
	case SCREEN_DOWN:
	case 'j':
		choice->chosen++;
		break;
	case SCREEN_PAGE_UP:
		choice->chosen = up(choice->chosen, page);
		break;
	case SCREEN_PAGE_DOWN:
		choice->chosen += page;
		break;
	case SCREEN_HOME:
	case 'g':
		choice->chosen = 0;
		break;
	case SCREEN_END:
	case 'G':
		choice->chosen = count;
		break;
	default:
		return false;
	}
	choice_fit(choice, count, rows);
	return true;
}

void choice_fit(struct choice *choice, size_t count, size_t rows)
{
	if (choice->chosen >= count)
		choice->chosen = up(count, 1);
	if (choice->top > choice->chosen)
		choice->top = choice->chosen;
	if (rows > 0 && choice->chosen >= choice->top + rows)
		choice->top = choice->chosen - rows + 1;
	if (count <= rows)
		choice->top = 0;
	else if (choice->top > count - rows)
		choice->top = count - rows;
}
