using System.Text.Json;
using HtCondor.Double;
using SkyDriver.Components;
using SkyDriver.Components.Launchers;
using SkyDriver.HtCondor.Jobs;
using SkyDriver.HtCondor.Settings;
using SkyDriver.HtCondor.Submissions;
using DoubleJobs = HtCondor.Double.Jobs;

namespace SkyDriver.HtCondor.Tests;

public sealed class SubmitDescriptionTests
{
    private static readonly string Key = new('a', 64);

    [Fact]
    public void Render_ScanAtARemotePlace_IsTheDocumentedFile()
    {
        PlaceSettings place = Place(
            ("places", """{"sub-2": {"collector": "cm.icecube.example:9618", "schedd": "sub-2.icecube.example", "owner": "skydriver"}}"""),
            ("command", """["skydriver-worker"]"""),
            ("environment", """{"I3_DATA": "/cvmfs/icecube.opensciencegrid.org/data"}"""),
            ("accountingGroup", "group_icecube.realtime"),
            ("requirements", "HasSingularity && (has_avx || has_avx2)"));
        SubmitOrder order = new("0c1d2e3f", Key, 3, new(1, 8_000_000_000, 1_000_000_000, "icecube/skydriver-worker:v3.5", 14_400, 100), "/var/lib/skydriver-htcondor/prod/sub-2/aaaa");
        Assert.Equal($"""
            universe = container
            container_image = docker://icecube/skydriver-worker:v3.5
            executable = run-worker.sh
            transfer_executable = true
            arguments = "skydriver-worker"
            environment = "I3_DATA=/cvmfs/icecube.opensciencegrid.org/data SKYDRIVER_WORKER_ID=sub-2-$(ClusterId).$(ProcId)"
            getenv = false
            initialdir = /var/lib/skydriver-htcondor/prod/sub-2/aaaa
            batch_name = skyscan-0c1d2e3f
            +SkyDriverInstance = "test"
            +SkyDriverPlace = "sub-2"
            +SkyDriverScanId = "0c1d2e3f"
            +SkyDriverKey = "{Key}"
            +SkyDriverCount = 3
            request_cpus = 1
            request_memory = 7630M
            request_disk = 976563K
            priority = 100 - 50 * $(ProcId) / 2
            should_transfer_files = YES
            when_to_transfer_output = ON_EXIT
            transfer_input_files = worker.env
            transfer_output_files = ""
            output = worker.$(ProcId).out
            error = worker.$(ProcId).err
            notification = Never
            max_retries = 2
            kill_sig = SIGTERM
            want_graceful_removal = true
            job_max_vacate_time = 60
            allowed_execute_duration = 14400
            +OriginalTime = 14400
            periodic_hold = NumShadowStarts > 10
            periodic_hold_reason = "started too often"
            periodic_remove = (JobStatus == 5 && HoldReasonCode =!= 1 && time() - EnteredCurrentStatus > 3600) || (JobStatus == 1 && time() - QDate > 604800)
            leave_in_queue = JobStatus == 4 && time() - (CompletionDate ?: time()) < 86400 && (StageOutFinish ?: 0) < EnteredCurrentStatus
            accounting_group = group_icecube.realtime
            requirements = HasSingularity && (has_avx || has_avx2)
            queue 3

            """, SubmitDescription.Render(order, place.Template, place));
    }

    [Fact]
    public void Render_PlaceWithoutContainerUniverse_NamesTheImageToTheSite()
    {
        PlaceSettings place = Place(("universe", "vanilla"), ("extraLines", """["+WantIOProxy = true", "periodic_hold = false", "MY.Site = \"x\""]"""));
        SubmitFile file = SubmitFile.Parse(Render(place, new(1, 1, 1, "/cvmfs/icecube/skymap_scanner:v3.5", null, 0)));
        Assert.Equal(("vanilla", "\"/cvmfs/icecube/skymap_scanner:v3.5\"", null), (file.Value("universe", 1, 0), file.Value("+SingularityImage", 1, 0), file.Value("container_image", 1, 0)));
        Assert.Equal(("true", "false", "\"x\"", "events.log", "1M", "1K"), (
            file.Value("+WantIOProxy", 1, 0), file.Value("periodic_hold", 1, 0), file.Value("MY.Site", 1, 0), file.Value("log", 1, 0), file.Value("request_memory", 1, 0), file.Value("request_disk", 1, 0)));
        Assert.Null(file.Value("allowed_execute_duration", 1, 0));
    }

    [Fact]
    public void Render_ImageOnAPath_IsNotTransferred()
    {
        SubmitFile file = SubmitFile.Parse(Render(Place(), new(1, 1, 1, "/cvmfs/images/worker", null, 0)));
        Assert.Equal(("container", "/cvmfs/images/worker", "false"), (file.Value("universe", 1, 0), file.Value("container_image", 1, 0), file.Value("transfer_container", 1, 0)));
    }

    [Theory]
    [InlineData(100, 5, new long[] { 100, 88, 75, 63, 50 })]
    [InlineData(7, 3, new long[] { 7, 5, 3 })]
    [InlineData(1, 2, new long[] { 1, 1 })]
    [InlineData(0, 3, new long[] { 0, 0, 0 })]
    [InlineData(-4, 2, new long[] { -4, -4 })]
    [InlineData(9, 1, new long[] { 9 })]
    public void Render_Priority_FallsInAStraightLineToHalf(int priority, int count, long[] expected)
    {
        SubmitFile file = SubmitFile.Parse(Render(Place(), new(1, 1, 1, null, null, priority), count));
        Assert.Equal(expected, Enumerable.Range(0, count).Select(proc => (long)Expression.Evaluate(file.Value("priority", 3, proc)!, [])!));
    }

    /// <summary>Any request is either refused or becomes exactly the commands of a harmless one, with its texts as values.</summary>
    [Fact]
    public void Deploy_AnyTextsInAnyField_NeverBecomeCommandsMacrosOrExpressions()
    {
        PlaceSettings place = Place();
        string[] commands = [.. SubmitFile.Parse(Render(place, new(1, 1, 1, "image", 60, 4))).Commands.Select(c => c.Key)];
        int taken = 0;
        Nasty.ForAll(3000, nasty =>
        {
            (string scan, string key, string image, string value) = (nasty.Text(), nasty.Text(), nasty.Text(), nasty.Text());
            // A path would bring one command more, for every text alike.
            if (!SettingsText.IsImage(image) || image.StartsWith('/')) image = "image";
            if (!LauncherContract.IsName(scan) || !LauncherOperations.CanBeEncoded(scan)) return;
            taken++;
            SubmitFile file = SubmitFile.Parse(Render(place, new(1, 1, 1, image, 60, 4), 3, scan, SubmissionStore.Key(scan, key)));
            Ad job = DoubleJobs.Make(file, 5, 2, "skydriver", isSpooled: false);
            Assert.Equal(commands, file.Commands.Select(c => c.Key));
            Assert.Equal(3, file.Count);
            Assert.Subset(new HashSet<string>(["ProcId", "ClusterId"]), file.Macros);
            Assert.Equal((scan, "skyscan-" + SubmitText.Encode(scan), 64), (SubmitText.Decode(job.Text("SkyDriverScanId")!), job.Text("JobBatchName"), job.Text("SkyDriverKey")!.Length));
            // Of each secret only its name is outside of quotes.
            Assert.Matches(@"\Aexport V='([^']|'\\'')*'\n\z", WorkerFiles.Secrets([new("V", value)]));
            string condition = JobQuery.OfScan(place, scan);
            Assert.False(Expression.Holds(condition, Other(job, "SkyDriverScanId", "another")));
            Assert.True(Expression.Holds(condition, job));
        });
        Assert.True(taken > 100, $"only {taken} of all were taken");
    }

    [Fact]
    public void Secrets_AnyText_IsThatTextToAShell()
    {
        string[] nasty = ["", "'", "it's", "$(id)", "`id`", "a\nb", "\\", "\"", "'; exit 9; '", "ä🚀", "$HOME", "*"];
        string script = WorkerFiles.Secrets(nasty.Select((t, i) => new KeyValuePair<string, string>($"V{i}", t)))
            + string.Concat(nasty.Select((_, i) => $"printf '%s\\0' \"$V{i}\"\n"));
        using System.Diagnostics.Process shell = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("/bin/sh", ["-c", script]) { RedirectStandardOutput = true })!;
        string output = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        Assert.Equal(nasty, output.Split('\0')[..^1]);
    }

    [Theory]
    [InlineData("""{"scan_id": "s", "count": 1, "idempotency_key": "k", "resources": {"image": "a b"}}""", "resources.image")]
    [InlineData("""{"scan_id": "s", "count": 1, "idempotency_key": "k", "resources": {"image": "x\nqueue 9"}}""", "resources.image")]
    [InlineData("""{"scan_id": "s", "count": 1, "idempotency_key": "k", "resources": {"image": "-v"}}""", "resources.image")]
    [InlineData("""{"scan_id": "s", "count": 1, "idempotency_key": "k", "env": {"A;id": "x", "B": null, "C": "\u0000"}}""", "'A;id';'B';'C'")]
    [InlineData("""{"scan_id": "s\nqueue", "count": 0, "idempotency_key": "", "place": "x", "resources": {"cpus": 0, "memory_bytes": -1, "disk_bytes": 0, "max_run_seconds": 0, "priority": 99999999}}""",
        "scan_id;count is 0;idempotency_key;'x' is not known; sub-2;cpus is 0;memory_bytes is -1;disk_bytes is 0;max_run_seconds is 0;priority is 99999999")]
    [InlineData("""{"scan_id": "s", "count": 100001, "idempotency_key": "k"}""", "count is 100001")]
    [InlineData("[]", "cannot be read")]
    [InlineData("null", "JSON object")]
    [InlineData("", "cannot be read")]
    [InlineData("""{"scan_id": "\ud800", "count": 1, "idempotency_key": "k"}""", "cannot be read")]
    public async Task Deploy_BadRequest_SaysEveryFaultAndCallsNoTool(string data, string expected)
    {
        using TestPool pool = new();
        using Launcher launcher = pool.Launch();
        ComponentException fault = await Assert.ThrowsAsync<ComponentException>(() => launcher.InvokeAsync("deploy", System.Text.Encoding.UTF8.GetBytes(data)));
        Assert.Equal(ComponentFault.InvalidRequest, fault.Fault);
        Assert.All(expected.Split(';'), part => Assert.Contains(part.Trim(), fault.Message));
        Assert.Empty(Directory.EnumerateFiles(pool.Pool.Folder, "*.calls"));
    }

    private static Ad Other(Ad job, string attribute, string value)
    {
        Ad other = [];
        foreach ((string name, string json) in job) other[name] = json;
        other.Set(attribute, value);
        return other;
    }

    private static string Render(PlaceSettings place, JobResources resources, int count = 3, string scan = "scan", string? key = null) =>
        SubmitDescription.Render(new(scan, key ?? Key, count, resources, "/tmp/x"), place.Template, place);

    private static PlaceSettings Place(params (string Name, string Value)[] more)
    {
        Dictionary<string, string> metadata = new() { ["instance"] = "test", ["command"] = JsonSerializer.Serialize(new[] { "worker" }), ["places"] = """{"sub-2": {"owner": "skydriver"}}""" };
        foreach ((string name, string value) in more) metadata[name] = value;
        return SettingsReader.Read(metadata).Places.Single();
    }
}
