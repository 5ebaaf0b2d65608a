using System.Globalization;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.PubSub.RabbitMq;

/// <summary>The metadata of a <c>pubsub.rabbitmq</c> component, by Dapr's names and with its defaults.</summary>
/// <remarks>
/// Two of Dapr's defaults lose messages: a queue goes with its last consumer (<c>deletedWhenUnused</c>), and messages go with the
/// server (<c>deliveryMode</c> 0). They stay, as sidecars of both kinds must agree on a queue's settings; see <see cref="Risks"/>.
/// Publisher confirms are the one exception: they are on unless switched off, as no other party can tell.
/// </remarks>
internal sealed record RabbitMqSettings
{
    private const int MostPrefetch = ushort.MaxValue;

    private static readonly string[] Kinds = ["fanout", "topic", "direct", "headers"];

    private static readonly HashSet<string> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        "connectionString", "host", "protocol", "hostname", "username", "password", "consumerID", "durable", "deletedWhenUnused", "autoAck", "deliveryMode",
        "requeueInFailure", "prefetchCount", "reconnectWait", "reconnectWaitSeconds", "concurrency", "concurrencyMode", "publisherConfirm", "enableDeadLetter",
        "maxLen", "maxLenBytes", "exchangeKind", "clientName", "heartBeat", "ttlInSeconds", "publishMessagePropertiesToMetadata",
        "maxConcurrentMessages", "allowedTopics", "protectedTopics", "publishingScopes", "subscriptionScopes",
    };

    private static readonly HashSet<string> Refused = new(StringComparer.OrdinalIgnoreCase) { "saslExternal", "caCert", "clientCert", "clientKey" };

    private RabbitMqSettings()
    {
    }

    /// <summary><c>amqp</c> or <c>amqps</c>, with user and password.</summary>
    public required Uri Address { get; init; }

    public required string ClientName { get; init; }

    public required bool Durable { get; init; }

    public required bool DeletedWhenUnused { get; init; }

    public required bool AutoAck { get; init; }

    public required bool RequeueInFailure { get; init; }

    public required bool Persistent { get; init; }

    public required bool PublisherConfirm { get; init; }

    public required bool EnableDeadLetter { get; init; }

    public required bool PropertiesToMetadata { get; init; }

    public required string ExchangeKind { get; init; }

    /// <summary>Messages that one consumer holds unsettled, those included that wait for their next try; 0 = what its subscription works on at once, and room for some that wait.</summary>
    public required int PrefetchCount { get; init; }

    /// <summary>Messages at one app instance at once, when nothing else is said; null = the delivery's own default.</summary>
    public required int? Concurrency { get; init; }

    /// <summary>Most messages of a queue; 0 = no limit.</summary>
    public required int MaxLength { get; init; }

    /// <summary>Most bytes of a queue; 0 = no limit.</summary>
    public required int MaxLengthBytes { get; init; }

    public required TimeSpan ReconnectWait { get; init; }

    public required TimeSpan HeartBeat { get; init; }

    /// <summary>Of messages that say nothing about it; null = no end.</summary>
    public required TimeSpan? TimeToLive { get; init; }

    /// <summary>Server and port, without user and password.</summary>
    public string Place => $"{Address.Host}:{(Address.Port > 0 ? Address.Port : Address.Scheme is "amqps" ? 5671 : 5672)}";

    /// <summary>What these settings may lose, one sentence each.</summary>
    public IEnumerable<string> Risks
    {
        get
        {
            if (DeletedWhenUnused) yield return "a queue is deleted with all its messages when its last consumer leaves; set deletedWhenUnused to false to keep them";
            if (!Durable) yield return "queues do not outlive the server; set durable to true to keep them";
            if (!Persistent) yield return "messages do not outlive the server; set deliveryMode to 2 to keep them";
            if (AutoAck) yield return "messages count as done before the app has seen them; set autoAck to false to get those again that fail";
            else if (!RequeueInFailure && !EnableDeadLetter) yield return "messages that the app fails on are dropped; set requeueInFailure, enableDeadLetter, or a subscription's deadLetterTopic";
        }
    }

    /// <exception cref="ResourceException">Fields are wrong; all faults are listed.</exception>
    public static RabbitMqSettings Read(ComponentSpec spec)
    {
        Reader from = new(spec);
        foreach (string name in spec.Properties.Keys.Order(StringComparer.Ordinal))
        {
            if (Refused.Contains(name)) from.Fault(name, "certificates are taken from this machine's store only; put the authority there, use username and password, and leave this field out");
            else if (!Known.Contains(name)) from.Fault(name, "there is no such field; correct its name or leave it out");
        }

        RabbitMqSettings settings = new()
        {
            Address = from.Address(),
            ClientName = spec.Value("clientName") ?? spec.Name,
            Durable = from.Flag("durable", true),
            DeletedWhenUnused = from.Flag("deletedWhenUnused", true),
            AutoAck = from.Flag("autoAck", false),
            RequeueInFailure = from.Flag("requeueInFailure", false),
            Persistent = from.Number("deliveryMode", 0, 0, 2) == 2,
            PublisherConfirm = from.Flag("publisherConfirm", true),
            EnableDeadLetter = from.Flag("enableDeadLetter", false),
            PropertiesToMetadata = from.Flag("publishMessagePropertiesToMetadata", false),
            ExchangeKind = from.OneOf("exchangeKind", Kinds) ?? "fanout",
            PrefetchCount = from.Number("prefetchCount", 0, 0, MostPrefetch),
            Concurrency = from.OneOf("concurrencyMode", ["parallel", "single"]) is "single" || from.OneOf("concurrency", ["parallel", "single"]) is "single" ? 1 : null,
            MaxLength = from.Number("maxLen", 0, 0, int.MaxValue),
            MaxLengthBytes = from.Number("maxLenBytes", 0, 0, int.MaxValue),
            ReconnectWait = from.Wait(),
            HeartBeat = from.Duration("heartBeat", TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            TimeToLive = from.Number("ttlInSeconds", 0, 0, int.MaxValue / 1000) is > 0 and int seconds ? TimeSpan.FromSeconds(seconds) : null,
        };
        from.Finish();
        return settings;
    }

    /// <summary>Reads fields and gathers what is wrong with them.</summary>
    private sealed class Reader(ComponentSpec spec)
    {
        private readonly List<string> _faults = [];

        public void Fault(string name, string remedy) => _faults.Add(spec.Fault(name, IsSecret(name) ? "…" : spec.Value(name) ?? "", remedy).Message);

        public void Finish()
        {
            if (_faults.Count > 0) throw new ResourceException(_faults);
        }

        public bool Flag(string name, bool fallback) => spec.Value(name) is null ? fallback : Try(() => spec.Flag(name), fallback);

        public int Number(string name, int fallback, int least, int most) => Try(() => spec.Number(name, fallback, least, most), fallback);

        public string? OneOf(string name, string[] choices)
        {
            if (spec.Value(name) is not { } text || choices.Contains(text, StringComparer.Ordinal)) return spec.Value(name);
            Fault(name, $"use one of: {string.Join(", ", choices)}");
            return null;
        }

        public TimeSpan Duration(string name, TimeSpan fallback, TimeSpan least, TimeSpan most)
        {
            TimeSpan given = Try(() => spec.Duration(name) ?? fallback, fallback);
            if (given >= least && given <= most) return given;
            Fault(name, string.Create(CultureInfo.InvariantCulture, $"use a duration from {least.TotalSeconds}s to {most.TotalSeconds}s"));
            return fallback;
        }

        /// <summary>A plain number counts as seconds; less than a tenth of a second counts as that, so that a server that is away is not stormed.</summary>
        public TimeSpan Wait()
        {
            string name = spec.Value("reconnectWaitSeconds") is null ? "reconnectWait" : "reconnectWaitSeconds";
            TimeSpan least = TimeSpan.FromMilliseconds(100);
            bool plain = int.TryParse(spec.Value(name), NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) && seconds <= 3600;
            TimeSpan wait = plain ? TimeSpan.FromSeconds(seconds) : Duration(name, TimeSpan.FromSeconds(3), TimeSpan.Zero, TimeSpan.FromHours(1));
            return wait > least ? wait : least;
        }

        public Uri Address()
        {
            string name = spec.Value("connectionString") is null && spec.Value("host") is not null ? "host" : "connectionString";
            string? protocol = OneOf("protocol", ["amqp", "amqps"]);
            if (spec.Value(name) is not { } text) return Assembled(protocol ?? "amqp");
            if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? address) || address.Scheme is not ("amqp" or "amqps") || address.Host.Length == 0)
            {
                Fault(name, "use amqp://user:password@host:port/vhost, or amqps");
                return Nowhere;
            }

            if (protocol is not null && protocol != address.Scheme) Fault("protocol", $"{name} says {address.Scheme}; leave one of the two out");
            foreach (string other in (string[])["hostname", "username", "password"])
            {
                if (spec.Value(other) is not null) Fault(other, $"{name} says it already; leave one of the two out");
            }

            return address;
        }

        private static Uri Nowhere { get; } = new("amqp://localhost");

        private static bool IsSecret(string name) => name.ToLowerInvariant() is "connectionstring" or "host" or "password" or "clientkey" or "clientcert";

        private Uri Assembled(string protocol)
        {
            string user = spec.Value("username") is { } name ? $"{Uri.EscapeDataString(name)}:{Uri.EscapeDataString(spec.Value("password") ?? "")}@" : "";
            if (Uri.TryCreate($"{protocol}://{user}{spec.Value("hostname") ?? "localhost"}", UriKind.Absolute, out Uri? address)) return address;
            Fault("hostname", "use a host name or address, with a port where it is not the usual one");
            return Nowhere;
        }

        private T Try<T>(Func<T> read, T fallback)
        {
            try
            {
                return read();
            }
            catch (ResourceException fault)
            {
                _faults.AddRange(fault.Faults);
                return fallback;
            }
        }
    }
}
