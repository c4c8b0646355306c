<?php
// SPDX-License-Identifier: MIT
// PHP's curl, and the few lines that it takes to read a stream.
$id = '';
$retry = 1000;

function say(array $what): void
{
	echo json_encode($what, JSON_UNESCAPED_SLASHES), "\n";
}

while (true) {
	$buffer = '';
	$event = [];
	$curl = curl_init($argv[1]);
	curl_setopt_array($curl, [
		CURLOPT_HTTPHEADER => ['Accept: text/event-stream', ...($id === '' ? [] : ["Last-Event-ID: $id"])],
		CURLOPT_FAILONERROR => true,
		CURLOPT_LOW_SPEED_LIMIT => 1, CURLOPT_LOW_SPEED_TIME => 45,
		CURLOPT_WRITEFUNCTION => function ($curl, string $piece) use (&$buffer, &$event, &$id, &$retry) {
			$lines = explode("\n", $buffer . $piece);
			$buffer = array_pop($lines);
			foreach ($lines as $line) {
				if ($line === '') {
					if (isset($event['data'])) {
						$id = $event['id'] ?? $id;
						say(['type' => $event['event'] ?? 'message', 'data' => $event['data'], 'id' => $id]);
					}
					$event = [];
					continue;
				}
				[$field, $value] = explode(':', $line, 2) + [1 => ''];
				$value = str_starts_with($value, ' ') ? substr($value, 1) : $value;
				if ($field === 'data')
					$event['data'] = isset($event['data']) ? "{$event['data']}\n$value" : $value;
				elseif ($field === 'retry')
					$retry = (int) $value;
				else
					$event[$field] = $value;
			}
			return strlen($piece);
		}]);
	curl_exec($curl);
	say(['error' => curl_error($curl) ?: 'ended']);
	usleep($retry * 1000);
}
