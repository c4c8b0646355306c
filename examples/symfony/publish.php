<?php
// SPDX-License-Identifier: MIT
// publish.php NUMBER - say how many of the book are left
require '/usr/share/php/Symfony/Component/Mercure/autoload.php';
require_once '/usr/share/php/Symfony/Component/HttpClient/autoload.php';
use Symfony\Component\Mercure\{Hub, Update};
use Symfony\Component\Mercure\Jwt\StaticTokenProvider;

$hub = new Hub(getenv('MERCURE_URL'), new StaticTokenProvider(getenv('MERCURE_TOKEN')));
$hub->publish(new Update('https://example.com/books/1', json_encode(['left' => (int) $argv[1]])));
