// SPDX-License-Identifier: MIT
export const words = {
	en: {
		"figure-streams.one": "open stream",
		"figure-streams.other": "open streams",
		"figure-deliveries": "deliveries per second",
		"figure-latency": "publish → browser, p99",
		"figure-delivery": "publish → delivery, p99",
	},
	"pt-BR": {
		"figure-streams.one": "fluxo aberto",
		"figure-streams.other": "fluxos abertos",
		"figure-deliveries": "entregas por segundo",
		"figure-latency": "publicação → navegador, p99",
		"figure-delivery": "publicação → entrega, p99",
	},
};
