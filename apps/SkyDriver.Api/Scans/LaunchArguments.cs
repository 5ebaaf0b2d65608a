using System.Text;
using System.Text.Json;
using SkyDriver.Api.Http;
using SkyDriver.Contracts;

namespace SkyDriver.Api.Scans;

/// <summary>What a launch asks for, read but not yet judged.</summary>
internal sealed record LaunchArguments
{
    public const long DefaultMemory = 8_000_000_000;
    public const long DefaultDisk = 1_000_000_000;
    public const long DefaultServerMemory = 1_024_000_000;

    /// <summary>What <c>POST /scan</c> takes, in both generations.</summary>
    public static readonly Argument[] All =
    [
        new("docker_tag", "string", "Image of the scanner: a version, 'latest', or a branch's tag.", Required: true),
        new("reco_algo", "string", "Name of the reconstruction.", Required: true),
        new("nsides", "object", "Nside to pixel extension, in the order of the rounds.", Required: true),
        new("real_or_simulated_event", "string", "real, real_event, sim, simulated or simulated_event.", Required: true),
        new("request_clusters", "object|array", "Workers per place: an object, or a list of pairs.", Required: true) { OldNames = ["cluster"] },
        new("event_i3live_json", "object|string", "The event; or give 'i3_event_id'."),
        new("i3_event_id", "string", "An event that is stored already."),
        new("max_pixel_reco_time", "integer", "Seconds that one reconstruction may take.") { OldNames = ["max_reco_time"] },
        new("scanner_server_memory_bytes", "integer|string", "1024M when not given.") { OldNames = ["scanner_server_memory"] },
        new("worker_memory_bytes", "integer|string", "8GB when not given.") { OldNames = ["worker_memory", "memory"] },
        new("worker_disk_bytes", "integer|string", "1GB when not given.") { OldNames = ["worker_disk"] },
        new("predictive_scanning_threshold", "number", "From 0.1 to 1.0; 1.0 when not given."),
        new("debug_mode", "string|array|boolean", "'client-logs': the output of workers comes back."),
        new("classifiers", "object", "Labels: up to 25 short scalars."),
        new("priority", "integer", "From 100 on the scan starts at once; reserved for alerts."),
        new("engine", "string", "Who makes the scan: 'native' or 'external'; the service's own choice when not given. Taken where the service lets requests choose."),
        new("scanner_server_env_from_user", "object", "More environment for the scanner: up to 25 scalars.") { OldNames = ["scanner_server_env"] },
        Argument.ManifestProjection,
    ];

    public string DockerTag { get; init; } = "";

    public string RecoAlgo { get; init; } = "";

    public string RealOrSimulated { get; init; } = "";

    /// <summary>Names a stored event; null when the event itself was given.</summary>
    public string? EventId { get; init; }

    /// <summary>The event's JSON as it will be stored; empty when it was missing or unusable (then a fault says so).</summary>
    public byte[] Event { get; init; } = [];

    public IReadOnlyList<ClusterRequestV1> Clusters { get; init; } = [];

    public OrderedDictionary<string, int> Nsides { get; init; } = [];

    public double Threshold { get; init; } = 1;

    public long? MaxPixelRecoTime { get; init; }

    public long Priority { get; init; }

    /// <summary>As given; null = the service's choice.</summary>
    public string? Engine { get; init; }

    public long WorkerMemory { get; init; } = DefaultMemory;

    public long WorkerDisk { get; init; } = DefaultDisk;

    public long ServerMemory { get; init; } = DefaultServerMemory;

    public IReadOnlyList<string> DebugMode { get; init; } = [];

    public IReadOnlyDictionary<string, JsonElement> Classifiers { get; init; } = new Dictionary<string, JsonElement>();

    public IReadOnlyDictionary<string, JsonElement> ServerEnvironment { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>Reads every argument; what is missing or mistyped is noted in <paramref name="arguments"/>.</summary>
    public static LaunchArguments Read(Arguments arguments, bool strict)
    {
        if (strict) RefuseFirstGeneration(arguments);
        return new()
        {
            DockerTag = Required(arguments, "docker_tag"),
            RecoAlgo = Required(arguments, "reco_algo"),
            RealOrSimulated = Required(arguments, "real_or_simulated_event"),
            Event = ReadEvent(arguments),
            EventId = arguments.Text("i3_event_id"),
            Clusters = ReadClusters(arguments),
            Nsides = ReadNsides(arguments),
            Threshold = arguments.Number("predictive_scanning_threshold") ?? 1,
            MaxPixelRecoTime = arguments.Integer("max_pixel_reco_time", "max_reco_time"),
            Priority = arguments.Integer("priority") ?? 0,
            Engine = arguments.Text("engine"),
            WorkerMemory = ReadSize(arguments, DefaultMemory, "worker_memory_bytes", "worker_memory", "memory"),
            WorkerDisk = ReadSize(arguments, DefaultDisk, "worker_disk_bytes", "worker_disk"),
            ServerMemory = ReadSize(arguments, DefaultServerMemory, "scanner_server_memory_bytes", "scanner_server_memory"),
            DebugMode = ReadDebugMode(arguments),
            Classifiers = Members(arguments.Object("classifiers")),
            ServerEnvironment = Members(arguments.Object("scanner_server_env_from_user", "scanner_server_env")),
        };
    }

    private static Dictionary<string, JsonElement> Members(JsonElement? value) => value?.EnumerateObject().ToDictionary(p => p.Name, p => p.Value) ?? [];

    private static void RefuseFirstGeneration(Arguments arguments)
    {
        arguments.Require("max_pixel_reco_time");
        foreach (string name in new[] { "memory", "max_reco_time" })
        {
            if (arguments.Any(name) is not null) arguments.Fault(name, $"is not taken here any more; use '{(name == "memory" ? "worker_memory_bytes" : "max_pixel_reco_time")}'");
        }
    }

    private static string Required(Arguments arguments, string name)
    {
        arguments.Require(name);
        return arguments.Text(name) ?? "";
    }

    private static byte[] ReadEvent(Arguments arguments)
    {
        const string Name = "event_i3live_json";
        bool isNamed = arguments.Any("i3_event_id") is not null;
        if (arguments.Any(Name) is not { } value)
        {
            if (!isNamed) arguments.Missing(Name);
            return [];
        }

        if (isNamed) arguments.Fault(Name, "give this or 'i3_event_id', not both");
        JsonElement parsed = value;
        if (value.ValueKind is JsonValueKind.String)
        {
            try
            {
                parsed = JsonText.Parse(Encoding.UTF8.GetBytes(value.GetString()!));
            }
            catch (JsonException)
            {
                arguments.Fault(Name, "is text that is not valid JSON");
                return [];
            }
        }

        if (parsed.ValueKind is JsonValueKind.Object && parsed.EnumerateObject().Any()) return JsonText.Raw(parsed);
        arguments.Fault(Name, "must be type 'object' (dict) with members, or text that holds one");
        return [];
    }

    private static List<ClusterRequestV1> ReadClusters(Arguments arguments)
    {
        const string Name = "request_clusters";
        List<ClusterRequestV1> clusters = [];
        if (arguments.Any(Name, "cluster") is not { } value)
        {
            arguments.Missing(Name);
            return clusters;
        }

        bool understood = value.ValueKind switch
        {
            JsonValueKind.Object => value.EnumerateObject().All(p => Add(p.Name, p.Value)),
            JsonValueKind.Array => value.EnumerateArray().All(pair =>
                pair.ValueKind is JsonValueKind.Array && pair.GetArrayLength() == 2 && pair[0].ValueKind is JsonValueKind.String && Add(pair[0].GetString()!, pair[1])),
            _ => false,
        };
        if (!understood || clusters.Count == 0) arguments.Fault(Name, "must be an object name -> count, or a list of [name, count], with at least one entry and counts from 1 on");
        return clusters;

        bool Add(string name, JsonElement count)
        {
            if (!Arguments.TryInteger(count, out long jobs) || jobs is < 1 or > 1_000_000) return false;
            clusters.Add(new(name, (int)jobs));
            return true;
        }
    }

    private static OrderedDictionary<string, int> ReadNsides(Arguments arguments)
    {
        const string Name = "nsides";
        OrderedDictionary<string, int> nsides = [];
        if (arguments.Any(Name) is null)
        {
            arguments.Missing(Name);
            return nsides;
        }

        JsonElement? given = arguments.Object(Name);
        if (given?.EnumerateObject().Any() is false) arguments.Fault(Name, "must have at least one nside, such as {\"8\": 0}");
        foreach (JsonProperty entry in given?.EnumerateObject().AsEnumerable() ?? [])
        {
            if (!Arguments.TryInteger(entry.Value, out long extension) || extension is < 0 or > int.MaxValue)
            {
                arguments.Fault(Name, "must map each nside to its pixel extension, an integer from 0 on");
                break;
            }

            nsides[entry.Name] = nsides.Count == 0 ? 0 : (int)extension;    // old clients give the first one an extension, which means nothing
        }

        return nsides;
    }

    private static long ReadSize(Arguments arguments, long fallback, params string[] names)
    {
        if (arguments.Any(names) is not { } value) return fallback;
        if (ByteSize.TryParse(value, out long bytes)) return bytes;
        arguments.Fault(names[0], "must be a number of bytes, or a number with a unit such as 8GB or 512MiB, above 0");
        return fallback;
    }

    private static string[] ReadDebugMode(Arguments arguments)
    {
        const string ClientLogs = "client-logs";
        switch (arguments.Any("debug_mode"))
        {
            case null or { ValueKind: JsonValueKind.False }: return [];
            case { ValueKind: JsonValueKind.True }: return [ClientLogs];
            case { ValueKind: JsonValueKind.String } word when word.GetString() == ClientLogs: return [ClientLogs];
            case { ValueKind: JsonValueKind.Array } list when list.EnumerateArray().All(e => e.ValueKind is JsonValueKind.String && e.GetString() == ClientLogs):
                return list.GetArrayLength() == 0 ? [] : [ClientLogs];
            default:
                arguments.Fault("debug_mode", $"must be '{ClientLogs}', a list of it, or true or false");
                return [];
        }
    }
}
