<?php
// SPDX-License-Identifier: MIT
// An application of Symfony's, as far as Mercure goes: what stands in its .env is in
// the environment, what it is to do comes as JSON, one line for each.

// What has not been packaged for this PHP yet says so at each start.
error_reporting(E_ALL & ~E_DEPRECATED);
@include 'Lcobucci/JWT/autoload.php';
require '/usr/share/php/Symfony/Component/Mercure/autoload.php';
require_once '/usr/share/php/Symfony/Component/HttpClient/autoload.php';
require_once '/usr/share/php/Symfony/Component/HttpFoundation/autoload.php';

use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\Mercure\Authorization;
use Symfony\Component\Mercure\Hub;
use Symfony\Component\Mercure\HubRegistry;
use Symfony\Component\Mercure\Jwt\FactoryTokenProvider;
use Symfony\Component\Mercure\Jwt\LcobucciFactory;
use Symfony\Component\Mercure\Jwt\TokenFactoryInterface;
use Symfony\Component\Mercure\Update;

/** Debian 12 has no lcobucci/jwt; this makes the same tokens. */
class OwnFactory implements TokenFactoryInterface
{
    public function create(?array $subscribe = [], ?array $publish = [], array $additionalClaims = []): string
    {
        $code = fn ($text) => rtrim(strtr(base64_encode($text), '+/', '-_'), '=');
        $claims = array_map(fn ($value) => $value instanceof DateTimeInterface ? $value->getTimestamp() : $value,
            $additionalClaims);
        $claims['mercure'] = array_filter(['publish' => $publish, 'subscribe' => $subscribe],
            fn ($list) => null !== $list);
        $text = $code('{"alg":"HS256","typ":"JWT"}').'.'.$code(json_encode($claims));

        return $text.'.'.$code(hash_hmac('sha256', $text, getenv('MERCURE_JWT_SECRET'), true));
    }
}

$factory = class_exists('Lcobucci\JWT\Configuration')
    ? new LcobucciFactory(getenv('MERCURE_JWT_SECRET'), 'hmac.sha256') : new OwnFactory();
$hub = new Hub(getenv('MERCURE_URL'), new FactoryTokenProvider($factory, [], json_decode(getenv('GRANTED') ?: '["*"]')),
    $factory, getenv('MERCURE_PUBLIC_URL'));

while ($line = fgets(STDIN)) {
    $wish = json_decode($line, true);
    try {
        if (isset($wish['subscribe'])) {
            $cookies = new Authorization(new HubRegistry($hub));
            $said = (string) $cookies->createCookie(Request::create($wish['page']), $wish['subscribe']);
        } else {
            $said = $hub->publish(new Update($wish['topics'], $wish['data'] ?? '', $wish['private'] ?? false,
                $wish['id'] ?? null, $wish['type'] ?? null, $wish['retry'] ?? null));
        }
        echo json_encode(['said' => $said]), "\n";
    } catch (Symfony\Component\Mercure\Exception\RuntimeException $failure) {
        echo json_encode(['failed' => $failure->getPrevious()->getCode()]), "\n";
    }
}
