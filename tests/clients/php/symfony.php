<?php
// SPDX-License-Identifier: MIT
// As its documentation has it; it comes back after an error, and at a proper
// end the program asks again.
require 'Symfony/Component/HttpClient/autoload.php';

use Symfony\Component\HttpClient\Chunk\ServerSentEvent;
use Symfony\Component\HttpClient\EventSourceHttpClient;
use Symfony\Contracts\HttpClient\Exception\ExceptionInterface;

function say(array $what): void
{
	echo json_encode($what, JSON_UNESCAPED_SLASHES), "\n";
}

$client = new EventSourceHttpClient(null, 1);
$id = '';
while (true) {
	try {
		$source = $client->connect($argv[1], $id === '' ? [] : ['headers' => ['Last-Event-ID' => $id]]);
		foreach ($client->stream($source, 45) as $chunk) {
			if ($chunk->isTimeout())
				continue;
			if ($chunk->isLast())
				break;
			if ($chunk instanceof ServerSentEvent) {
				$id = $chunk->getId() ?: $id;
				say(['type' => $chunk->getType(), 'data' => $chunk->getData(), 'id' => $chunk->getId()]);
			}
		}
		say(['error' => 'ended']);
	} catch (ExceptionInterface $error) {
		say(['error' => $error->getMessage()]);
	}
	usleep(500000);
}
