// SPDX-License-Identifier: MIT
export const words = {
	en: {
		"toasts-on": "Pop-ups",
		"system-on": "System notifications",
		"not-allowed": "The browser does not allow it.",
		close: "Close",
		"more.one": "and {count} more",
		"more.other": "and {count} more",
	},
	"pt-BR": {
		"toasts-on": "Avisos",
		"system-on": "Notificações do sistema",
		"not-allowed": "O navegador não permite.",
		close: "Fechar",
		"more.one": "e mais {count}",
		"more.many": "e mais {count}",
		"more.other": "e mais {count}",
	},
};
