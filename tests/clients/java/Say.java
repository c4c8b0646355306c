// SPDX-License-Identifier: MIT

/** What each of these programs says: a line of JSON for each event that its library gave it, and for each error. */
class Say {
	static String quoted(String text) {
		if (text == null)
			return "null";
		StringBuilder said = new StringBuilder("\"");
		for (char c : text.toCharArray())
			said.append(c < ' ' || c > '~' || c == '"' || c == '\\' ? String.format("\\u%04x", (int) c) : c);
		return said.append('"').toString();
	}

	static synchronized void take(String type, String data, String id) {
		System.out.println("{\"type\": " + quoted(type == null ? "message" : type) + ", \"data\": " + quoted(data)
				+ ", \"id\": " + quoted(id) + "}");
		System.out.flush();
	}

	static synchronized void failed(Throwable error) {
		System.out.println("{\"error\": " + quoted(error.toString()) + "}");
		System.out.flush();
	}
}
