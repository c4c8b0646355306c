// SPDX-License-Identifier: MIT
// what index.html says

export const words = {
	en: {
		skip: "Skip to the events",
		sections: "Sections",
		compose: "Compose",
		streams: "Streams",
		metrics: "Metrics",
		tasks: "Tasks",
		language: "Language",
		earlier: "earlier",
		"hero-title": "Live events that get there, whatever dies on the way",
		"hero-text": "A POST or an SQL INSERT goes in. Every open browser shows it a few milliseconds " +
			"later. It is on disk before it is acknowledged, and whoever was away gets what was " +
			"missed, once and in order.",
		"try-message": "Send a message below and see it come back.",
		"try-window": "Open this page in a second window: you have a chat.",
		"try-kill": "Kill the process that holds the streams, and watch:",
	},
	"pt-BR": {
		skip: "Ir direto aos eventos",
		sections: "Seções",
		compose: "Escrever",
		streams: "Fluxos",
		metrics: "Métricas",
		tasks: "Tarefas",
		language: "Idioma",
		earlier: "antes",
		"hero-title": "Eventos ao vivo que chegam, morra o que morrer no caminho",
		"hero-text": "Um POST ou um INSERT de SQL entra. Todo navegador aberto mostra o evento poucos " +
			"milissegundos depois. Ele está no disco antes de ser confirmado, e quem esteve fora " +
			"recebe o que perdeu, uma só vez e em ordem.",
		"try-message": "Envie uma mensagem aqui embaixo e veja-a voltar.",
		"try-window": "Abra esta página em outra janela: isso já é um bate-papo.",
		"try-kill": "Mate o processo que mantém os fluxos e observe:",
	},
};
