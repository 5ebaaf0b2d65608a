using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Fleet;

/// <summary>Judges and applies the members of a task that a caller gives.</summary>
public static class TaskFields
{
    /// <summary>Characters of one task's texts together.</summary>
    public const int MostText = 128 << 10;

    public const int MostRequired = 10_000;

    public const int MostRetries = 1000;

    /// <summary>Faults that are told at once.</summary>
    public const int MostFaults = 20;

    private static readonly string[] Clearable =
        ["name", "shell", "input", "resource", "output", "container", "container_options", "required_task_ids", "retry", "download_timeout", "run_timeout"];

    public static bool Clears(TaskFieldsV1 fields, string member) => fields.Cleared?.Contains(member) == true;

    public static void CheckNew(TaskFieldsV1 fields, string where, List<string> faults)
    {
        if (string.IsNullOrWhiteSpace(fields.Command)) faults.Add($"{where}command is missing; give the command line to run.");
        if (States.TryParse(fields.Status, out TaskState state) && !Transitions.IsSettable(state))
            faults.Add($"{where}status '{fields.Status}' comes from an execution; give pending, waiting, paused, debug, failed or succeeded, or none.");
        Check(fields, null, where, faults);
    }

    public static void CheckChange(TaskFieldsV1 fields, TaskText before, List<string> faults)
    {
        if (fields.Command is not null && string.IsNullOrWhiteSpace(fields.Command)) faults.Add("command is empty; give the command line to run, or leave it out.");
        foreach (string member in fields.Cleared ?? [])
            if (!Clearable.Contains(member)) faults.Add($"{member} cannot be null; leave it out to keep it.");
        Check(fields, before, "", faults);
    }

    /// <param name="before">Null for a new task.</param>
    public static TaskText Text(TaskFieldsV1 fields, TaskText? before)
    {
        return new(
            Take(fields.Name, "name", before?.Name),
            fields.Command ?? before?.Command ?? "",
            Take(fields.Shell, "shell", before?.Shell),
            Take(fields.Input, "input", before?.Input),
            Take(fields.Resource, "resource", before?.Resource),
            Take(fields.Output, "output", before?.Output),
            Take(fields.Container, "container", before?.Container),
            Take(fields.ContainerOptions, "container_options", before?.ContainerOptions) ?? "");

        string? Take(string? given, string member, string? kept) => given ?? (Clears(fields, member) ? null : kept);
    }

    private static void Check(TaskFieldsV1 fields, TaskText? before, string where, List<string> faults)
    {
        if (fields.Status is not null && !States.TryParse(fields.Status, out TaskState _))
            faults.Add($"{where}status '{Short(fields.Status)}' is not known; use one of {string.Join(", ", FleetTaskStatus.All)}.");
        int size = new[] { fields.Name, fields.Command, fields.Shell, fields.Input, fields.Resource, fields.Output, fields.Container, fields.ContainerOptions }.Sum(t => t?.Length ?? 0);
        if (size > MostText) faults.Add($"{where}texts are {size} characters together, and {MostText} is the limit; put long scripts or lists into a file.");
        if (fields.Retry is < 0 or > MostRetries) faults.Add($"{where}retry {fields.Retry} is out of range; use 0 to {MostRetries}.");
        if (fields.DownloadTimeout is <= 0) faults.Add($"{where}download_timeout {fields.DownloadTimeout} is not positive; give seconds, or null for no limit.");
        if (fields.RunTimeout is <= 0) faults.Add($"{where}run_timeout {fields.RunTimeout} is not positive; give seconds, or null for no limit.");
        if (fields.RequiredTaskIds is { Count: > MostRequired } many) faults.Add($"{where}required_task_ids has {many.Count} ids, and {MostRequired} is the limit; gather them by tasks in between.");
        TaskText after = Text(fields, before);
        if (size <= MostText && after.Shell is null && CommandLine.WhyNot(after.Command) is { } why) faults.Add($"{where}command cannot be split: {why}; or name a shell.");
    }

    private static string Short(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
