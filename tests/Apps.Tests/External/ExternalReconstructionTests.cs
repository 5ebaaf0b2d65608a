using System.Diagnostics;
using SkyDriver.Contracts;
using SkyDriver.External;
using SkyDriver.IceCube;
using SkyDriver.IceCube.Simulation;
using SkyDriver.Reco;
using SkyDriver.Worker;

namespace SkyDriver.Apps.Tests.External;

/// <summary>Real children, made of shell scripts: each does one thing that a program beside a worker may do.</summary>
public sealed class ExternalReconstructionTests : IDisposable
{
    private const string Ready = "read -r event; echo '{\"type\":\"ready\"}'; ";

    private static readonly Lazy<IceCubeEvent> Event = new(() =>
        EventReader.Read(EventWriter.Write(EventSimulator.Simulate(new SimulationRequest(SimulatedKind.Track, SimulationSet.A, 1)), 1, 1, 60000)));

    private readonly string _folder = Directory.CreateTempSubdirectory("external-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Fit_ProgramThatAnswers_GivesItsNumbersFitAfterFit()
    {
        using ExternalReconstruction reco = Start(Ready + Loop("'{\"type\":\"fit\",\"id\":'$i',\"llh\":'$i'.5,\"x\":1,\"y\":2,\"z\":3,\"time\":4,\"energy\":5,\"energy_inside\":6}'"));
        for (int i = 1; i <= 3; i++) Assert.Equal(new RecoFit(i + 0.5, 6, double.NaN, 1, 2, 3, 4, 5, null), reco.Fit(Seed));
    }

    [Fact]
    public void Fit_WhatTheProgramIsTold_IsTheEventAndTheSeed()
    {
        string heard = Path.Combine(_folder, "heard");
        using ExternalReconstruction reco = Start($"read -r event; printf '%s\\n' \"$event\" > {heard}; echo '{{\"type\":\"ready\"}}'; read -r fit; printf '%s\\n' \"$fit\" >> {heard}; echo '{{\"type\":\"fit\",\"id\":1,\"llh\":2}}'");
        reco.Fit(Seed);
        string[] lines = File.ReadAllLines(heard);
        Assert.StartsWith("{\"type\":\"event\",\"protocol\":1,\"run_id\":1,\"event_id\":1,", lines[0]);
        Assert.Equal(Event.Value.InputSeries.Count, lines[0].Split("\"om\":").Length - 1);
        Assert.Equal(Event.Value.CleanedSeries.Count, lines[0].Split("\"cleaned\":true").Length - 1);
        Assert.Equal("{\"type\":\"fit\",\"id\":1,\"nside\":8,\"ipix\":5,\"posvar\":2,\"zenith\":1,\"azimuth\":2,\"start\":{\"x\":1,\"y\":2,\"z\":3,\"time\":4,\"energy\":null},\"fallback\":null}", lines[1]);
    }

    [Fact]
    public void Fit_ProgramThatEnds_IsReportedWithCodeAndLastWordsAndStartedAnew()
    {
        string flag = Path.Combine(_folder, "was-here");
        using ExternalReconstruction reco = Start($"{Ready} read -r fit; if [ ! -e {flag} ]; then touch {flag}; echo 'table is missing' >&2; exit 3; fi; echo '{{\"type\":\"fit\",\"id\":2,\"llh\":7}}'");
        string message = Assert.Throws<ExternalProgramException>(() => reco.Fit(Seed)).Message;
        Assert.Contains("ended with code 3", message);
        Assert.Contains("table is missing", message);
        Assert.Equal(7, reco.Fit(Seed).Llh);
    }

    [Fact]
    public void Fit_ProgramThatIsKilled_IsReportedAndStartedAnew()
    {
        string flag = Path.Combine(_folder, "was-here");
        using ExternalReconstruction reco = Start($"{Ready} read -r fit; if [ ! -e {flag} ]; then touch {flag}; kill -9 $$; fi; echo '{{\"type\":\"fit\",\"id\":2,\"llh\":7}}'");
        Assert.Contains("without an answer", Assert.Throws<ExternalProgramException>(() => reco.Fit(Seed)).Message);
        Assert.Equal(7, reco.Fit(Seed).Llh);
    }

    [Fact]
    public void Fit_ProgramThatHangs_EndsWithTheTokenAndSoDoesTheProgram()
    {
        string pid = Path.Combine(_folder, "pid");
        using ExternalReconstruction reco = Start($"{Ready} read -r fit; echo $$ > {pid}; while :; do sleep 1; done");
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(1));
        Assert.Throws<OperationCanceledException>(() => reco.Fit(Seed, limit.Token));
        AssertEnds(int.Parse(File.ReadAllText(pid)));
    }

    [Fact]
    public void Fit_ProgramThatHangsWithChildren_EndsWithAllOfThem()
    {
        string pids = Path.Combine(_folder, "pids");
        using ExternalReconstruction reco = Start($"{Ready} read -r fit; sh -c 'echo $$ >> {pids}; kill -STOP $$' & while [ ! -s {pids} ]; do sleep 0.05; done; echo $$ >> {pids}; while :; do sleep 1; done");
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(2));
        Assert.Throws<OperationCanceledException>(() => reco.Fit(Seed, limit.Token));
        int[] all = [.. File.ReadAllLines(pids).Select(int.Parse)];
        Assert.Equal(2, all.Length);
        Assert.All(all, AssertEnds);
    }

    [Fact]
    public void Fit_ProgramThatEndsAndLeavesAChild_TakesItAlong()
    {
        string pid = Path.Combine(_folder, "pid");
        using ExternalReconstruction reco = Start($"{Ready} read -r fit; sh -c 'echo $$ > {pid}; exec sleep 600' >/dev/null 2>&1 & while [ ! -s {pid} ]; do sleep 0.05; done; exit 4");
        Assert.Contains("ended with code 4", Assert.Throws<ExternalProgramException>(() => reco.Fit(Seed)).Message);
        AssertEnds(int.Parse(File.ReadAllText(pid)));
    }

    [Fact]
    public void Fit_ProgramThatIgnoresItsInput_EndsWithTheToken()
    {
        // More than a pipe holds, so that the write waits as well.
        using ExternalReconstruction reco = Start("while :; do sleep 1; done");
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(1));
        Assert.Throws<OperationCanceledException>(() => reco.Fit(Seed, limit.Token));
    }

    [Fact]
    public void Fit_ProgramThatIsTooSlow_EndsAtItsOwnLimit()
    {
        using ExternalReconstruction reco = new(Program(Ready + "read -r fit; sleep 60") with { FitTimeout = TimeSpan.FromSeconds(1) }, Event.Value, TimeProvider.System);
        Assert.Contains("took longer than 1 s for a fit", Assert.Throws<TimeoutException>(() => reco.Fit(Seed)).Message);
        using ExternalReconstruction silent = new(Program("sleep 60") with { StartTimeout = TimeSpan.FromSeconds(1) }, Event.Value, TimeProvider.System);
        Assert.Contains("to read the event", Assert.Throws<TimeoutException>(() => silent.Fit(Seed)).Message);
    }

    [Fact]
    public void Fit_ProgramThatWritesInPieces_IsReadAsOneLine()
    {
        using ExternalReconstruction reco = Start(Ready + "read -r fit; printf '{\"type\":\"fit\",'; sleep 0.1; printf '\"id\":1,\"llh\"'; sleep 0.1; printf ':12'; sleep 0.1; echo '.25}'");
        Assert.Equal(12.25, reco.Fit(Seed).Llh);
    }

    [Theory]
    [InlineData("Loading tables...", "every line must be a JSON object")]
    [InlineData("[1,2]", "every line must be a JSON object")]
    [InlineData("{\"type\":\"fit\",\"id\":1,\"llh\":", "every line must be a JSON object")]
    [InlineData("{\"type\":\"fit\",\"id\":99,\"llh\":1}", "\"id\": 1 was due")]
    [InlineData("{\"type\":\"fit\",\"llh\":1}", "\"id\": 1 was due")]
    [InlineData("{\"type\":\"done\",\"id\":1}", "its \"type\" must be")]
    [InlineData("{\"type\":\"fit\",\"id\":1,\"llh\":\"low\"}", "\"llh\" must be a number or null")]
    [InlineData("{\"type\":\"error\",\"id\":1,\"reason\":\"no tables\"}", "could not do this fit: no tables")]
    public void Fit_LineThatIsNoAnswer_IsReportedWithWhatWasDue(string line, string due)
    {
        using ExternalReconstruction reco = Start(Ready + $"read -r fit; echo '{line}'; read -r fit");
        string message = Assert.Throws<ExternalProgramException>(() => reco.Fit(Seed)).Message;
        Assert.Contains(due, message);
        if (!due.StartsWith("could", StringComparison.Ordinal)) Assert.Contains(line[..5], message);
    }

    [Fact]
    public void Fit_EndlessLine_IsReportedAndCostsNoMemory()
    {
        using ExternalReconstruction reco = Start(Ready + "read -r fit; while :; do printf '%01000d' 7; done");
        Assert.Contains("more than 64 KiB without an end of line", Assert.Throws<ExternalProgramException>(() => reco.Fit(Seed)).Message);
    }

    [Fact]
    public void Fit_MuchTalkOnTheErrorOutput_HoldsNothingUp()
    {
        using ExternalReconstruction reco = Start(Ready + "read -r fit; i=0; while [ $i -lt 300 ]; do printf '%01000d\\n' 7 >&2; i=$((i+1)); done; echo '{\"type\":\"fit\",\"id\":1,\"llh\":3}'");
        Assert.Equal(3, reco.Fit(Seed).Llh);
    }

    [Theory]
    [InlineData("{\"type\":\"failed\",\"id\":1,\"reason\":\"too few hits\"}", "too few hits")]
    [InlineData("{\"type\":\"fit\",\"id\":1,\"llh\":null}", "gave no llh")]
    [InlineData("{\"type\":\"fit\",\"id\":1,\"llh\":1e999}", "gave no llh")]
    public void Fit_EventThatCannotBeFitted_IsAnAnswerWithoutNumbers(string line, string reason)
    {
        using ExternalReconstruction reco = Start(Ready + $"read -r fit; echo '{line}'");
        RecoFit fit = reco.Fit(Seed);
        Assert.True(double.IsNaN(fit.Llh) && double.IsNaN(fit.X));
        Assert.Contains(reason, fit.Failure);
    }

    [Theory]
    [InlineData("/no/such/program")]
    [InlineData("no-such-program-on-the-path")]
    [InlineData("/etc/passwd")]
    public void Fit_ProgramThatIsNotThere_IsReported(string program)
    {
        using ExternalReconstruction reco = new(new([program]), Event.Value, TimeProvider.System);
        Assert.Contains($"'{program}' cannot be started", Assert.Throws<ExternalProgramException>(() => reco.Fit(Seed)).Message);
    }

    [Fact]
    public void Program_Environment_HasNoSecrets()
    {
        Environment.SetEnvironmentVariable("SKYDRIVER_TEST_TOKEN", "s3cret");
        using ExternalReconstruction reco = Start(Ready + "read -r fit; echo \"{\\\"type\\\":\\\"failed\\\",\\\"id\\\":1,\\\"reason\\\":\\\"token is '$SKYDRIVER_TEST_TOKEN'\\\"}\"");
        Assert.Equal("token is ''", reco.Fit(Seed).Failure);
    }

    [Theory]
    [InlineData("python3 reco.py", "python3|reco.py")]
    [InlineData("[\"/opt/my reco\", \"-x\"]", "/opt/my reco|-x")]
    public void Parse_Commands_AreWords(string text, string words)
    {
        Assert.Equal(words.Split('|'), ExternalProgram.Parse(text, out string? fault)?.Command);
        Assert.Null(fault);
    }

    [Theory]
    [InlineData("[\"python3\"")]
    [InlineData("[1]")]
    [InlineData("[]")]
    [InlineData("  ")]
    public void Parse_WhatIsNoCommand_IsRefused(string text)
    {
        Assert.Null(ExternalProgram.Parse(text, out string? fault));
        Assert.NotNull(fault);
    }

    [Fact]
    public void Worker_ProgramThatFailsNowAndThen_AnswersTheRest()
    {
        ExternalProgram program = Program(Ready + "n=0; while read -r fit; do n=$((n+1)); id=${fit#*\\\"id\\\":}; id=${id%%,*}; [ $n = 2 ] && exit 1; echo '{\"type\":\"fit\",\"id\":'$id',\"llh\":1}'; done");
        RecoBatchV1 answer = Run(new RecoOptions { External = ev => new ExternalReconstruction(program, ev, TimeProvider.System) });
        Assert.Equal(["", "ExternalProgramException", "", "ExternalProgramException"], answer.Recos.Select(reco => reco.Failure.Split(':')[0]));
        Assert.Equal([1, double.NaN, 1, double.NaN], answer.Recos.Select(reco => reco.Llh));
    }

    [Fact]
    public void Worker_WithoutAProgram_SaysWhatToSet() =>
        Assert.All(Run(new RecoOptions()).Recos, reco => Assert.Contains("SKYDRIVER_EXTERNAL_COMMAND", reco.Failure));

    [Fact]
    public void Example_PlaneWave_FindsTheHemisphereOfATrack()
    {
        string? python = new[] { "/usr/bin/python3", "/usr/local/bin/python3" }.FirstOrDefault(File.Exists);
        Assert.SkipWhen(python is null, "python3 is not installed");
        using ExternalReconstruction reco = new(new([python!, Path.Combine(TestPaths.Repository, "examples", "external", "plane_wave.py")]), Event.Value, TimeProvider.System);
        SimulatedTruth truth = Event.Value.Truth!;
        RecoFit there = reco.Fit(Seed with { Zenith = truth.Direction.Zenith, Azimuth = truth.Direction.Azimuth });
        RecoFit opposite = reco.Fit(Seed with { Zenith = Math.PI - truth.Direction.Zenith, Azimuth = truth.Direction.Azimuth + Math.PI });
        Assert.Null(there.Failure);
        Assert.True(there.Llh < 0.8 * opposite.Llh, $"{there.Llh} at the truth, {opposite.Llh} opposite");
    }

    private static VariationSeed Seed => new(8, 5, 2, 1, 2, new Vertex(1, 2, 3, 4, double.NaN), null);

    private static ExternalReconstruction Start(string script) => new(Program(script), Event.Value, TimeProvider.System);

    private static ExternalProgram Program(string script) => new(["/bin/sh", "-c", script]);

    private static string Loop(string answer) => $"i=0; while read -r fit; do i=$((i+1)); echo {answer}; done";

    private static RecoBatchV1 Run(RecoOptions reco)
    {
        using BatchReconstructor reconstructor = new(Event.Value, new() { Api = new("http://nowhere.invalid"), ScanId = "scan-1", WorkerId = "w1", Reco = reco }, TimeProvider.System);
        PixelBatchV1 batch = new() { ScanId = "scan-1", BatchNumber = 7, RecoAlgo = "external-point" };
        for (int i = 0; i < 4; i++) batch.Variations.Add(new PixelVariationV1 { Nside = 8, Ipix = i, Zenith = 1, Azimuth = i, Start = new() { X = 1, Y = 2, Z = 3, Time = 4, Energy = double.NaN } });
        return reconstructor.Run(batch, CancellationToken.None);
    }

    private static void AssertEnds(int pid)
    {
        for (Stopwatch waited = Stopwatch.StartNew(); waited.Elapsed < TimeSpan.FromSeconds(20); Thread.Yield())
        {
            if (State(pid) is null or 'Z') return;
        }

        Assert.Fail($"process {pid} is still there");
    }

    /// <summary>Null when there is no such process, Z when it is one that only waits to be noticed.</summary>
    private static char? State(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/stat").Split(") ")[1][0];
        }
        catch (IOException)
        {
            return null;
        }
    }
}
