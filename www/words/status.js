// SPDX-License-Identifier: MIT
export const words = {
	en: {
		"all-none": "not connected",
		"all-connecting": "connecting",
		"all-live": "live",
		"all-catching up": "catching up",
		"all-lost": "reconnecting",
	},
	"pt-BR": {
		"all-none": "desconectado",
		"all-connecting": "conectando",
		"all-live": "ao vivo",
		"all-catching up": "recuperando",
		"all-lost": "reconectando",
	},
};
