using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Serialization;
using SkyDriver.IceCube;
using SkyDriver.IceCube.Simulation;
using SkyDriver.Reco.Coverage;

namespace SkyDriver.Reco.Tests.Coverage;

/// <summary>The committed fits of single events: that they are what this code gives, and that the first 50 of set A are as good as was asked for.</summary>
public sealed class AcceptanceTests
{
    private static readonly JsonSerializerOptions Form = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    [Fact]
    public void CommittedTrials_FirstFiftyOfTheModelItself_AreAsGoodAsWasAskedFor()
    {
        List<CoverageTrial> trials = [.. Committed("trials.jsonl.gz").Where(trial => trial.Set == "A" && trial.Seed <= 50)];
        Assert.Equal(50, trials.Count);
        CoverageRow row = CoverageTable.Rows(trials).Single(row => row.Algorithm == "pandel_mpe");
        Assert.True(row.Psi50 <= 0.16, $"median error {row.Psi50} degrees");
        Assert.InRange(row.InWilks50, 0.35, 0.65);
        Assert.True(row.InWilks90 >= 0.78, $"{row.InWilks90} inside 4.61");
    }

    [Theory]
    [InlineData("A", 2, SimulatedKind.Track, "trials.jsonl.gz")]
    [InlineData("C", 3, SimulatedKind.Track, "trials.jsonl.gz")]
    [InlineData("B", 2, SimulatedKind.Cascade, "showers/trials.jsonl.gz")]
    [InlineData("C", 21, SimulatedKind.Starting, "starting/trials.jsonl.gz")]
    public void Run_EventOfTheCommittedStudies_GivesItsNumbers(string set, ulong seed, SimulatedKind kind, string file)
    {
        Assert.True(SimulationSet.TryGet(set, out SimulationSet? chosen));
        CoverageTrial expected = Committed(file).Single(trial => trial.Set == set && trial.Seed == seed);
        CoverageTrial trial = CoverageTrial.Run(EventReader.Read(EventWriter.Write(EventSimulator.Simulate(new SimulationRequest(kind, chosen!, seed)), 1, (long)seed, 60000)));
        Assert.Equal(kind, trial.Kind);
        Assert.Equal(expected with { Fits = [] }, trial with { Fits = [] });
        Assert.Equal(expected.Fits, trial.Fits);
    }

    private static IEnumerable<CoverageTrial> Committed(string file)
    {
        using FileStream stream = File.OpenRead(Path.Combine(TestPaths.Repository, "bench", "results", "coverage", file));
        using var reader = new StreamReader(new GZipStream(stream, CompressionMode.Decompress));
        while (reader.ReadLine() is { } line) yield return JsonSerializer.Deserialize<CoverageTrial>(line, Form)!;
    }
}
