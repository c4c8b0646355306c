// SPDX-License-Identifier: MIT
export const words = {
	en: {
		"who-title": "Who is there",
		"who-somebody": "somebody",
		"who-more": "and {count} more",
		"who-off": "Nobody says here that he is there (mercure_subscriptions in tidings.conf), or this channel is not for everybody.",
	},
	"pt-BR": {
		"who-title": "Quem está lá",
		"who-somebody": "alguém",
		"who-more": "e mais {count}",
		"who-off": "Ninguém diz aqui que está lá (mercure_subscriptions em tidings.conf), ou este canal não é para todos.",
	},
};
