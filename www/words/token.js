// SPDX-License-Identifier: MIT
export const words = {
	en: {
		"token-with": "With a token",
		"token-label": "Token (a JWT, or tk_…)",
		"token-use": "Use it",
		"token-forget": "Forget it",
		"token-about": "What you publish shows it, and the streams show a ticket that is got for it. " +
			"It stays in this window's memory: a reload forgets it.",
		"token-used": "It is good. Streams and what you publish show it, until you reload this page.",
		"token-publishes": "It may publish, and hear no more than everybody: the streams do without it.",
		"token-no-tickets": "What you publish shows it. The streams cannot: there are no tickets here (ticket_age).",
		"token-bad": "Refused: the token is not good, or not any more.",
		"token-no-answer": "No answer came that makes sense. Try again.",
	},
	"pt-BR": {
		"token-with": "Com um token",
		"token-label": "Token (um JWT, ou tk_…)",
		"token-use": "Usar",
		"token-forget": "Esquecer",
		"token-about": "O que você publica o mostra, e os fluxos mostram um bilhete obtido com ele. " +
			"Ele fica na memória desta janela: recarregar a página o esquece.",
		"token-used": "É válido. Os fluxos e o que você publica o mostram, até recarregar esta página.",
		"token-publishes": "Pode publicar, e não escuta mais do que todos: os fluxos ficam sem ele.",
		"token-no-tickets": "O que você publica o mostra. Os fluxos não podem: aqui não há bilhetes (ticket_age).",
		"token-bad": "Recusado: o token não é válido, ou já não é.",
		"token-no-answer": "Não veio resposta que faça sentido. Tente de novo.",
	},
};
