using System.Globalization;
using System.Text.Json;
using SkyDriver.Client;

namespace SkyDriver.Examples;

/// <summary>What the examples read from the environment: SKYDRIVER_SERVER, SKYDRIVER_TOKEN, RECO_ALGO and NSIDES ("8:0 64:12").</summary>
internal sealed record Settings(Uri Server, string? Token, string RecoAlgo, OrderedDictionary<string, int> Nsides)
{
    public static Settings Read() => new(
        new($"{Text("SKYDRIVER_SERVER") ?? "http://127.0.0.1:8080"}/"),
        Text("SKYDRIVER_TOKEN"),
        Text("RECO_ALGO") ?? "pandel_mpe",
        new((Text("NSIDES") ?? "8:0 64:12").Split(' ').Select(step => step.Split(':')).Select(step => KeyValuePair.Create(step[0], int.Parse(step[1], CultureInfo.InvariantCulture)))));

    /// <summary>The request for one event file; everything not named here takes the service's defaults.</summary>
    public async Task<LaunchScan> RequestAsync(string eventFile)
    {
        using JsonDocument document = JsonDocument.Parse(await File.ReadAllBytesAsync(eventFile));
        return new()
        {
            Event = document.RootElement.Clone(),
            RealOrSimulated = "simulated",
            RecoAlgo = RecoAlgo,
            Nsides = Nsides,
            RequestClusters = [new("local", 1)],
        };
    }

    private static string? Text(string name) => Environment.GetEnvironmentVariable(name)?.TrimEnd('/') is { Length: > 0 } value ? value : null;
}
