// SPDX-License-Identifier: MIT
// what index.html says

export const words = {
	en: {
		skip: "Skip to the events",
		sections: "Sections",
		use: "Use it",
		compose: "Compose",
		events: "Events",
		streams: "Channels",
		kill: "Kill it",
		metrics: "Metrics",
		tasks: "Tasks",
		language: "Language",
		earlier: "earlier",
		"hero-title": "Live events that get there, whatever dies on the way",
		"hero-text": "A POST or an SQL INSERT goes in, and every open browser shows it milliseconds " +
			"later. It is on disk before it is acknowledged; whoever was away gets what was missed, " +
			"once and in order.",
	},
	"pt-BR": {
		skip: "Ir direto aos eventos",
		sections: "Seções",
		use: "Use",
		compose: "Escrever",
		events: "Eventos",
		streams: "Canais",
		kill: "Mate-o",
		metrics: "Métricas",
		tasks: "Tarefas",
		language: "Idioma",
		earlier: "antes",
		"hero-title": "Eventos ao vivo que chegam, haja o que houver",
		"hero-text": "Entra um POST ou um INSERT, e todo navegador aberto o mostra em milissegundos. Só se " +
			"confirma o que está no disco; quem esteve fora recebe o que perdeu, uma vez e em ordem.",
	},
};
