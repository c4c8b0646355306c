// SPDX-License-Identifier: MIT
export const words = {
	en: {
		"use-command": "command",
		"use-publish": "Publish",
		"use-listen": "Listen",
		"use-server": "The server publishes HTML",
		"use-transaction": "With rows of yours, or not at all",
		"use-copy": "Copy",
		"use-run": "Run",
		"use-stop": "Stop",
		"use-open": "(listening for {type})",
		"use-lost": "(cut; it comes back by itself)",
	},
	"pt-BR": {
		"use-command": "comando",
		"use-publish": "Publicar",
		"use-listen": "Escutar",
		"use-server": "O servidor publica HTML",
		"use-transaction": "Junto com suas linhas, ou nada",
		"use-copy": "Copiar",
		"use-run": "Executar",
		"use-stop": "Parar",
		"use-open": "(escutando {type})",
		"use-lost": "(caiu; volta sozinho)",
	},
};
