namespace HtCondor.Double;

/// <summary>What happens to jobs, as their ads and event logs show it.</summary>
public static class Jobs
{
    private const string Output = "DoubleOutput";

    // Commands that become attributes of another name.
    private static readonly Dictionary<string, string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["batch_name"] = "JobBatchName",
        ["output"] = "Out",
        ["error"] = "Err",
        ["log"] = "UserLog",
        ["initialdir"] = "Iwd",
        ["executable"] = "Cmd",
        ["container_image"] = "ContainerImage",
        ["accounting_group"] = "AcctGroup",
        ["transfer_input_files"] = "TransferInput",
    };

    public static Ad Make(SubmitFile submit, int cluster, int proc, string user, bool isSpooled)
    {
        Ad ad = [];
        ad.Set("ClusterId", cluster);
        ad.Set("ProcId", proc);
        ad.Set("JobStatus", isSpooled ? 5 : 1);
        ad.Set("Owner", user);
        ad.Set("QDate", Now());
        ad.Set("EnteredCurrentStatus", Now());
        ad.Set("ExitBySignal", false);
        ad.Set("JobPrio", (long)(Expression.Evaluate(submit.Value("priority", cluster, proc) ?? "0", ad) ?? throw new FormatException("priority is no number")));
        ad.Set("Environment", submit.Value("environment", cluster, proc) ?? "");
        ad.Set("Arguments", submit.Value("arguments", cluster, proc) ?? "");
        foreach ((string command, string attribute) in Names)
        {
            if (submit.Value(command, cluster, proc) is { } value) ad.Set(attribute, value);
        }

        foreach ((string command, _) in submit.Commands.Where(c => c.Key.StartsWith('+')))
        {
            object? value = Expression.Evaluate(submit.Value(command, cluster, proc)!, ad);
            if (value is string text) ad.Set(command[1..], text);
            else if (value is long number) ad.Set(command[1..], number);
            else if (value is bool flag) ad.Set(command[1..], flag);
        }

        if (!isSpooled) return ad;
        ad.Set("DoubleSpool", true);
        ad.Set("HoldReason", "Spooling input data files");
        ad.Set("HoldReasonCode", 16);
        return ad;
    }

    /// <summary>The input files have come.</summary>
    public static void Spooled(Ad job)
    {
        Become(job, 1);
        job.Remove("HoldReason");
        job.Remove("HoldReasonCode");
        job.Set("LastHoldReasonCode", 16);
        job.Set("StageInFinish", Now());
    }

    public static void Run(Ad job, string slot)
    {
        Become(job, 2);
        job.Set("RemoteHost", slot);
        job.Set("LastRemoteHost", slot);
    }

    public static void Hold(Ad job, int code, int subCode, string reason)
    {
        Become(job, 5);
        job.Set("HoldReason", reason);
        job.Set("HoldReasonCode", code);
        job.Set("HoldReasonSubCode", subCode);
        job.Remove("RemoteHost");
    }

    /// <summary>The job ends; its output comes to where it was submitted, or waits with the schedd.</summary>
    public static void Exit(Contents contents, Ad job, int code, string output)
    {
        Become(job, 4);
        job.Set("ExitCode", code);
        job.Set("CompletionDate", Now());
        job.Remove("RemoteHost");
        job.Set(Output, output);
        if (job.ContainsKey("DoubleSpool")) return;
        Write(job);
        contents.Leave(job);
    }

    public static void Kill(Contents contents, Ad job, int signal)
    {
        Become(job, 4);
        job.Set("ExitBySignal", true);
        job.Set("ExitSignal", signal);
        job.Set("CompletionDate", Now());
        job.Remove("RemoteHost");
        contents.Leave(job);
    }

    public static void Removed(Contents contents, Ad job, string reason)
    {
        bool hasEnded = job.ContainsKey("ExitCode") && job.Status == 4;
        Become(job, 3);
        job.Set("RemoveReason", reason);
        if (!hasEnded) job.Set("ExitBySignal", true);
        if (job.ContainsKey("HoldReasonCode")) job["LastHoldReasonCode"] = job["HoldReasonCode"];
        job.Remove("HoldReasonCode");
        contents.Leave(job);
    }

    public static void Fetched(Contents contents, Ad job)
    {
        Write(job);
        job.Set("StageOutFinish", Now());
        contents.Leave(job);
    }

    public static void Log(SubmitFile submit, string log, int cluster, string number, string text)
    {
        string path = Path.Combine(submit.Value("initialdir", cluster, 0) ?? "", log);
        for (int proc = 0; proc < submit.Count; proc++) File.AppendAllText(path, $"{number} ({cluster:000}.{proc:000}.000) {DateTime.Now:yyyy-MM-dd HH:mm:ss} {text}\n...\n");
    }

    private static void Become(Ad job, int status)
    {
        job.Set("JobStatus", status);
        job.Set("EnteredCurrentStatus", Now());
    }

    private static void Write(Ad job)
    {
        if (job.Text("Iwd") is not { } folder || !Directory.Exists(folder)) return;
        File.WriteAllText(Path.Combine(folder, job.Text("Out")!), job.Text(Output));
        File.WriteAllText(Path.Combine(folder, job.Text("Err")!), "");
    }

    private static long Now() => DateTimeOffset.UtcNow.ToUnixTimeSeconds();
}
