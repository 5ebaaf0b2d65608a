using System.Globalization;

namespace HtCondor.Double;

/// <summary>The tools, as far as the launcher uses them, with the words and exit codes of the real ones.</summary>
public sealed class Tools(Pool pool, string tool, string[] arguments)
{
    private readonly string? _behaviour = pool.Behaviour(tool);

    /// <summary>Where the tool was called.</summary>
    public string Folder { get; init; } = Environment.CurrentDirectory;

    public TextWriter Output { get; init; } = Console.Out;

    public TextWriter Errors { get; init; } = Console.Error;

    /// <returns>The exit code.</returns>
    public int Run()
    {
        pool.Note(tool, arguments);
        if (_behaviour is not null && Misbehave() is { } code) return code;
        return tool switch
        {
            "condor_submit" => Submit(),
            "condor_q" => Queue(),
            "condor_history" => History(),
            "condor_rm" => Remove(),
            "condor_transfer_data" => Transfer(),
            "condor_version" => Say("$CondorVersion: 25.14.0 2026-11-21 PRE-RELEASE-UWCS $\n$CondorPlatform: X86_64-Debian_12 $\n"),
            _ => Fail($"{tool} is not doubled\n"),
        };
    }

    // fail TEXT: exit 1 with the text on stderr. say TEXT: exit 0 with the text on stdout. hang: for ever, with a child.
    // The other words are for condor_submit: wait FILE, lose, lose-late, hang-late, cut-spool.
    private int? Misbehave()
    {
        string[] parts = _behaviour!.Split(' ', 2);
        switch (parts[0])
        {
            case "fail":
                return Fail(parts[1]);
            case "say":
                return Say(parts[1]);
            case "hang":
                return Hang();
            case "wait":
                File.WriteAllText(Path.Combine(pool.Folder, "waiting"), "");
                while (!File.Exists(parts[1])) Thread.Sleep(5);
                return null;
            case "lose":
                return Fail("");
            default:
                return null;
        }
    }

    private int Submit()
    {
        string file = Path.Combine(Folder, arguments[^1]);
        if (!File.Exists(file)) return Fail($"\nERROR: Failed to open command file ({file}) (No such file or directory)\n");
        SubmitFile submit = SubmitFile.Parse(File.ReadAllText(file));
        bool isSpooled = arguments.Contains("-spool");
        string executable = Path.Combine(submit.Value("initialdir", 0, 0) ?? "", submit.Value("executable", 0, 0)!);
        if (!File.Exists(executable)) return Fail($"\nERROR: Can't access executable file {executable}: No such file or directory\n");
        int cluster = pool.Change(contents =>
        {
            int number = contents.NextCluster++;
            for (int proc = 0; proc < submit.Count; proc++) contents.Queue.Add(Jobs.Make(submit, number, proc, pool.User, isSpooled));
            return number;
        });
        if (!isSpooled && submit.Value("log", cluster, 0) is { } log) Jobs.Log(submit, log, cluster, "000", "Job submitted from host: <127.0.0.1:9618>");
        switch (_behaviour)
        {
            case "hang-late":
                return Hang();
            case "lose-late":
                return 1;
            case "cut-spool":
                Output.Write($"{cluster}.0 - {cluster}.{submit.Count - 1}\n");
                return Fail("\nAUTHENTICATE:1003:the connection was cut\nERROR: Failed to spool job files.\n");
        }

        if (isSpooled) pool.Change(contents => contents.Queue.Where(j => j.Cluster == cluster).ToList().ForEach(Jobs.Spooled));
        return Say($"{cluster}.0 - {cluster}.{submit.Count - 1}\n");
    }

    private int Queue()
    {
        List<Ad> jobs = [.. Matching(pool.Look().Queue)];
        return jobs.Count == 0 ? 0 : Say(Ad.Print(jobs, Attributes));
    }

    private int History()
    {
        IEnumerable<Ad> jobs = pool.Look().History;
        if (Option("-since") is { } since) jobs = jobs.TakeWhile(job => !Expression.Holds(since, job));
        if (Option("-scanlimit") is { } scan) jobs = jobs.Take(int.Parse(scan, CultureInfo.InvariantCulture));
        jobs = Matching(jobs);
        if (Option("-limit") is { } limit) jobs = jobs.Take(int.Parse(limit, CultureInfo.InvariantCulture));
        return Say(Ad.Print(jobs, Attributes));
    }

    private int Remove()
    {
        string constraint = Option("-constraint")!;
        int removed = pool.Change(contents =>
        {
            // The schedd lets nobody remove what is another's.
            Ad[] jobs = [.. Matching(contents.Queue).Where(j => j.Text("Owner") == pool.User && j.Status != 3)];
            foreach (Ad job in jobs) Jobs.Removed(contents, job, $"via condor_rm (by user {pool.User})");
            return jobs.Length;
        });
        return removed == 0 ? Fail($"\nCouldn't find/remove all jobs matching constraint ({constraint})\n") : Say($"All jobs matching constraint ({constraint}) have been marked for removal\n");
    }

    private int Transfer()
    {
        int fetched = pool.Change(contents =>
        {
            Ad[] jobs = [.. Matching(contents.Queue)];
            foreach (Ad job in jobs) Jobs.Fetched(contents, job);
            return jobs.Length;
        });
        return fetched == 0 ? Fail("Failed to fetch files: no job matches\n") : Say("Fetching data files...\n");
    }

    private IEnumerable<Ad> Matching(IEnumerable<Ad> jobs)
    {
        string constraint = Option("-constraint") ?? "true";
        // As the real ones, the tools for the queue and the history see everybody's jobs.
        return jobs.Where(job => Expression.Holds(constraint, job));
    }

    private string[]? Attributes => Option("-attributes")?.Split(',');

    private string? Option(string name) => Array.IndexOf(arguments, name) is >= 0 and int at ? arguments[at + 1] : null;

    private int Hang()
    {
        using System.Diagnostics.Process child = System.Diagnostics.Process.Start("/bin/sleep", ["600"]);
        File.WriteAllText(Path.Combine(pool.Folder, "hanging"), child.Id.ToString(CultureInfo.InvariantCulture));
        child.WaitForExit();
        return 1;
    }

    private int Say(string text)
    {
        Output.Write(text);
        return 0;
    }

    private int Fail(string text)
    {
        Errors.Write(text);
        return 1;
    }
}
