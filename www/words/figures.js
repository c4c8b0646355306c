// SPDX-License-Identifier: MIT
export const words = {
	en: {
		"figure-streams": "streams",
		"figure-deliveries": "deliveries per second",
		"figure-latency": "publish → browser, p99",
		"figures-unknown": "No sample has come yet.",
	},
	"pt-BR": {
		"figure-streams": "fluxos",
		"figure-deliveries": "entregas por segundo",
		"figure-latency": "publicação → navegador, p99",
		"figures-unknown": "Ainda não veio nenhuma amostra.",
	},
};
