// SPDX-License-Identifier: MIT
import java.net.URI;
import java.util.concurrent.TimeUnit;

import com.launchdarkly.eventsource.ConnectStrategy;
import com.launchdarkly.eventsource.EventSource;
import com.launchdarkly.eventsource.MessageEvent;
import com.launchdarkly.eventsource.background.BackgroundEventHandler;
import com.launchdarkly.eventsource.background.BackgroundEventSource;

public class OkHttpEventSource implements BackgroundEventHandler {
	@Override
	public void onOpen() {
	}

	@Override
	public void onClosed() {
	}

	@Override
	public void onComment(String comment) {
	}

	@Override
	public void onMessage(String type, MessageEvent event) {
		Say.take(type, event.getData(), event.getLastEventId());
	}

	@Override
	public void onError(Throwable error) {
		Say.failed(error);
	}

	public static void main(String[] arguments) throws InterruptedException {
		new BackgroundEventSource.Builder(new OkHttpEventSource(), new EventSource.Builder(
				ConnectStrategy.http(URI.create(arguments[0])).readTimeout(5, TimeUnit.SECONDS)))
				.build().start();
		Thread.currentThread().join(); // its own threads keep no program alive
	}
}
