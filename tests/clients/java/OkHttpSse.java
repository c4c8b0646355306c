// SPDX-License-Identifier: MIT
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.sse.EventSource;
import okhttp3.sse.EventSourceListener;
import okhttp3.sse.EventSources;

/** It reads one answer; to come back, and where from, is the program's. */
public class OkHttpSse extends EventSourceListener {
	static final OkHttpClient client = new OkHttpClient(); // 10 s of patience
	static final ScheduledExecutorService later = Executors.newSingleThreadScheduledExecutor();
	static String lastId = "";

	static void open(String url) {
		Request.Builder request = new Request.Builder().url(url);
		if (!lastId.isEmpty())
			request.header("Last-Event-ID", lastId);
		EventSources.createFactory(client).newEventSource(request.build(), new OkHttpSse(url));
	}

	final String url;

	OkHttpSse(String url) {
		this.url = url;
	}

	@Override
	public void onEvent(EventSource source, String id, String type, String data) {
		if (id != null)
			lastId = id;
		Say.take(type, data, id);
	}

	@Override
	public void onClosed(EventSource source) {
		again();
	}

	@Override
	public void onFailure(EventSource source, Throwable error, Response response) {
		Say.failed(error != null ? error : new Exception("status " + response.code()));
		again();
	}

	void again() {
		later.schedule(() -> open(url), 1, TimeUnit.SECONDS);
	}

	public static void main(String[] arguments) {
		open(arguments[0]);
	}
}
