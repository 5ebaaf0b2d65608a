using System.Globalization;
using System.Text;
using SkyDriver.HtCondor.Settings;

namespace SkyDriver.HtCondor.Submissions;

/// <summary>What a submit file is made from; all of it judged before.</summary>
/// <param name="Key">Business key: 64 hexadecimal digits.</param>
/// <param name="Folder">Where the files of the submission are, absolute.</param>
internal sealed record SubmitOrder(string ScanId, string Key, int Count, JobResources Resources, string Folder);

/// <summary>The submit file of workers: one cluster, one job per worker.</summary>
internal static class SubmitDescription
{
    public const string FileName = "worker.sub";
    public const string Executable = "run-worker.sh";
    public const string SecretsFile = "worker.env";
    public const string EventLog = "events.log";

    /// <summary>Longest time that a finished job whose files were spooled waits in the queue for its output to be fetched: a day.</summary>
    private const int SpooledOutputSeconds = 86_400;

    public static string OutputFile(int proc) => string.Create(CultureInfo.InvariantCulture, $"worker.{proc}.out");

    public static string ErrorFile(int proc) => string.Create(CultureInfo.InvariantCulture, $"worker.{proc}.err");

    public static string Render(SubmitOrder order, JobTemplate template, PlaceSettings place)
    {
        List<KeyValuePair<string, string>> lines = [.. Program(order, template, place), .. Identity(order, place), .. Needs(order), .. Files(template, place), .. Policies(order, template, place)];
        foreach ((string name, string value) in template.ExtraLines)
        {
            // A site's own policy takes the place of ours.
            lines.RemoveAll(line => string.Equals(line.Key, name, StringComparison.OrdinalIgnoreCase));
            lines.Add(new(name, value));
        }

        StringBuilder text = new();
        foreach ((string name, string value) in lines) text.Append(name).Append(" = ").Append(value).Append('\n');
        return text.Append(CultureInfo.InvariantCulture, $"queue {order.Count}\n").ToString();
    }

    private static IEnumerable<KeyValuePair<string, string>> Program(SubmitOrder order, JobTemplate template, PlaceSettings place)
    {
        string? image = order.Resources.Image;
        bool isContainer = template.UsesContainerUniverse && image is not null;
        yield return new("universe", isContainer ? "container" : "vanilla");
        if (isContainer)
        {
            yield return new("container_image", image!.StartsWith('/') || image.Contains("://") ? image : $"docker://{image}");
            // Images on paths are on a file system that all machines see.
            if (image.StartsWith('/')) yield return new("transfer_container", "false");
        }
        else if (image is not null)
        {
            yield return new("+SingularityImage", Quote(image));
        }

        yield return new("executable", Executable);
        yield return new("transfer_executable", "true");
        yield return new("arguments", SubmitText.Arguments(template.Command));
        yield return new("environment", SubmitText.Environment(template.Environment, new KeyValuePair<string, string>(WorkerName.Variable, WorkerName.Pattern(place.Name))));
        yield return new("getenv", "false");
        yield return new("initialdir", order.Folder);
    }

    private static IEnumerable<KeyValuePair<string, string>> Identity(SubmitOrder order, PlaceSettings place)
    {
        string scan = SubmitText.Encode(order.ScanId);
        yield return new("batch_name", $"skyscan-{scan}");
        yield return new("+" + JobAttributes.Instance, Quote(place.Instance));
        yield return new("+" + JobAttributes.Place, Quote(place.Name));
        yield return new("+" + JobAttributes.ScanId, Quote(scan));
        yield return new("+" + JobAttributes.Key, Quote(order.Key));
        yield return new("+" + JobAttributes.Count, Number(order.Count));
    }

    private static IEnumerable<KeyValuePair<string, string>> Needs(SubmitOrder order)
    {
        JobResources needs = order.Resources;
        yield return new("request_cpus", Number(needs.Cpus));
        // Always with a unit: sites may forbid numbers without.
        yield return new("request_memory", $"{Number(RoundUp(needs.MemoryBytes, 1 << 20))}M");
        yield return new("request_disk", $"{Number(RoundUp(needs.DiskBytes, 1 << 10))}K");
        yield return new("priority", Priority(needs.Priority, order.Count));
    }

    private static IEnumerable<KeyValuePair<string, string>> Files(JobTemplate template, PlaceSettings place)
    {
        yield return new("should_transfer_files", "YES");
        yield return new("when_to_transfer_output", "ON_EXIT");
        yield return new("transfer_input_files", string.Join(", ", [SecretsFile, .. template.TransferFiles]));
        yield return new("transfer_output_files", "\"\"");
        yield return new("output", "worker.$(ProcId).out");
        yield return new("error", "worker.$(ProcId).err");
        // The log of spooled jobs stays with the schedd, where nobody here can read it.
        if (!place.Spool) yield return new("log", EventLog);
    }

    private static IEnumerable<KeyValuePair<string, string>> Policies(SubmitOrder order, JobTemplate template, PlaceSettings place)
    {
        yield return new("notification", "Never");
        yield return new("max_retries", Number(template.MaxRetries));
        yield return new("kill_sig", "SIGTERM");
        yield return new("want_graceful_removal", "true");
        yield return new("job_max_vacate_time", Number(template.StopSeconds));
        if (order.Resources.MaxRunSeconds is { } longest)
        {
            yield return new("allowed_execute_duration", Number(longest));
            yield return new("+OriginalTime", Number(longest));
        }

        yield return new("periodic_hold", $"NumShadowStarts > {Number(template.MaxStarts)}");
        yield return new("periodic_hold_reason", "\"started too often\"");
        // What an operator holds is his; all else that nobody lets go is given back.
        yield return new("periodic_remove", $"(JobStatus == 5 && HoldReasonCode =!= 1 && time() - EnteredCurrentStatus > {Number(template.MaxHeldSeconds)})"
            + $" || (JobStatus == 1 && time() - QDate > {Number(template.MaxPendingSeconds)})");
        if (place.Spool) yield return new("leave_in_queue", $"JobStatus == 4 && time() - (CompletionDate ?: time()) < {Number(SpooledOutputSeconds)} && (StageOutFinish ?: 0) < EnteredCurrentStatus");
        if (template.AccountingGroup is { } group) yield return new("accounting_group", group);
        if (template.AccountingGroupUser is { } user) yield return new("accounting_group_user", user);
        if (template.Requirements is { } requirements) yield return new("requirements", requirements);
    }

    // Falls from the whole to half of it over the jobs, so that the last jobs of one scan do not stand before the first of the next.
    private static string Priority(int priority, int count)
    {
        if (priority < 2 || count < 2) return Number(priority);
        return $"{Number(priority)} - {Number(priority - (priority / 2))} * $(ProcId) / {Number(count - 1)}";
    }

    private static long RoundUp(long bytes, long unit) => (bytes / unit) + (bytes % unit > 0 ? 1 : 0);

    // Only of texts whose characters were judged: none of them means anything within quotes.
    private static string Quote(string text) => $"\"{text}\"";

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
