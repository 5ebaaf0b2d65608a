using System.ComponentModel;
using System.Globalization;
using SkyDriver.Client;
using SkyDriver.Client.Fleet;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Fleet;
using SkyDriver.Worker.Agent.Staging;

namespace SkyDriver.Worker.Agent;

/// <summary>What all executions of a worker share.</summary>
internal sealed record TaskTools(FleetWorkerClient Fleet, WorkFolder Work, Stager Stager, StartGate Gate, FailureCount Failures, AgentOptions Options, TimeProvider Clock, ILogger Log);

/// <summary>One execution on this worker, from its assignment to its end: accept, stage, wait for room, run, bring away, report.</summary>
/// <remarks>The service has all output before it hears of the end. Once it says that the execution is this worker's no more, the work is dropped without a word.</remarks>
internal sealed partial class TaskRun(AssignmentV1 work, TaskTools tools) : IDisposable
{
    /// <summary>How long what outlives a command may keep its streams open.</summary>
    private static readonly TimeSpan Drain = TimeSpan.FromSeconds(5);

    /// <summary>What a shell says of a program that is not there, or that it may not run: others may have it.</summary>
    private static readonly int[] NotHere = [126, 127];

    private readonly ILogger _log = tools.Log;
    private readonly CancellationTokenSource _dropped = new();
    private readonly CancellationTokenSource _killed = new();
    private readonly Lock _gate = new();
    private TaskProcess? _process;
    private ContainerHandle? _container;
    private bool _isAsked, _isGivenUp;

    public long Id => work.ExecutionId;

    /// <summary>As heartbeats name it.</summary>
    public string Status { get; private set; } = ExecutionStatus.Accepted;

    /// <summary>A signal of <see cref="FleetSignal"/>. A kill that comes before the launch cancels it.</summary>
    public void Signal(int signal)
    {
        lock (_gate)
        {
            if (signal is FleetSignal.Kill) _killed.Cancel();
            if (signal is FleetSignal.Kill or FleetSignal.Terminate or FleetSignal.Quit) _isAsked = true;
            if (_process is null)
            {
                // Asked to end before it began.
                if (_isAsked) _killed.Cancel();
                return;
            }

            if (_container is { } container) _ = SignalContainerAsync(container, signal);
            else _process.Send(signal);
        }
    }

    /// <summary>This worker ends: the command is asked to, too. One that does not end well is not reported, as it is given back.</summary>
    public void GiveUp()
    {
        _isGivenUp = true;
        Signal(FleetSignal.Terminate);
    }

    /// <summary>The execution is somebody else's: whatever runs is killed, and nothing is said.</summary>
    public void Drop()
    {
        lock (_gate)
        {
            _dropped.Cancel();
            if (_process is null) return;
            if (_container is { } container) _ = SignalContainerAsync(container, FleetSignal.Kill);
            _process.Send(FleetSignal.Kill);
        }
    }

    /// <summary>Does all of it. Never throws.</summary>
    public async Task RunAsync()
    {
        TaskFolder? folder = null;
        bool isGood = false;
        try
        {
            await ReportAsync(new() { Status = ExecutionStatus.Accepted });
            folder = tools.Work.Open(Id);
            isGood = await RunAsync(folder);
        }
        catch (OperationCanceledException) when (_dropped.IsCancellationRequested)
        {
            LogDropped(Id, "it was taken back");
        }
        catch (SkyDriverException refused)
        {
            LogDropped(Id, refused.Message);
        }
        catch (Exception broken)
        {
            // This worker's own fault: a full disk, missing rights. Somebody else may do better.
            LogBroken(Id, broken);
            await TryReportAsync(new() { Status = ExecutionStatus.Failed, ReturnCode = FleetReturnCode.StagingFailed, Cause = ExecutionCause.StagingFailed });
            tools.Failures.Failed($"{broken.GetType().Name}: {broken.Message}");
        }
        finally
        {
            if (folder is not null) tools.Work.Close(folder, isKept: !isGood && !_dropped.IsCancellationRequested);
        }
    }

    public void Dispose()
    {
        _dropped.Dispose();
        _killed.Dispose();
    }

    /// <returns>Whether it succeeded, so that nobody needs its folder.</returns>
    private async Task<bool> RunAsync(TaskFolder folder)
    {
        using CancellationTokenSource off = CancellationTokenSource.CreateLinkedTokenSource(_dropped.Token, _killed.Token);
        FleetTaskV1 task;
        IDisposable room;
        try
        {
            await tools.Stager.BringAsync(work.Task.Input, work.Task.Resource, folder, off.Token);
            room = await tools.Gate.EnterAsync(Id, work.Weight, work.Priority, off.Token);
        }
        catch (StagingException fault)
        {
            return await FailAsync(fault.Message, FleetReturnCode.StagingFailed, ExecutionCause.StagingFailed);
        }
        catch (OperationCanceledException) when (_killed.IsCancellationRequested && !_dropped.IsCancellationRequested)
        {
            await ReportAsync(new() { Status = ExecutionStatus.Failed, Cause = ExecutionCause.Killed });
            return false;
        }

        using (room)
        {
            // Edits that were made until now count.
            task = await tools.Fleet.FreezeAsync(work.Task.TaskId, Id, _dropped.Token);
            return await LaunchAsync(task, folder);
        }
    }

    private async Task<bool> LaunchAsync(FleetTaskV1 task, TaskFolder folder)
    {
        TaskProcess? started = null;
        try
        {
            Launch launch = Prepare(task, folder);
            lock (_gate)
            {
                // Under the lock: a kill either comes before, and then nothing starts, or finds the process.
                if (_killed.IsCancellationRequested || _dropped.IsCancellationRequested) throw new OperationCanceledException();
                (started, _process, _container) = (TaskProcess.Start(launch), null, launch.Container);
                _process = started;
                Status = ExecutionStatus.Running;
            }
        }
        catch (Exception fault) when (fault is Win32Exception or FormatException or StagingException)
        {
            return await FailAsync(fault.Message, FleetReturnCode.StagingFailed, ExecutionCause.StagingFailed);
        }
        catch (OperationCanceledException)
        {
            _dropped.Token.ThrowIfCancellationRequested();
            await ReportAsync(new() { Status = ExecutionStatus.Failed, Cause = ExecutionCause.Killed });
            return false;
        }

        int code;
        using (started)
        {
            code = await FollowAsync(started, task, folder);
        }

        return await FinishAsync(task, folder, code);
    }

    /// <summary>Reports the process, passes on what it prints, waits for its end.</summary>
    private async Task<int> FollowAsync(TaskProcess process, FleetTaskV1 task, TaskFolder folder)
    {
        using LogSpool output = new(folder.Log(LogStream.Output), tools.Options.LogBytes), errors = new(folder.Log(LogStream.Error), tools.Options.LogBytes);
        using CancellationTokenSource drained = new();
        Task fill = Task.WhenAll(output.FillAsync(process.Output, drained.Token), errors.FillAsync(process.Errors, drained.Token));
        Task<int> exit = process.ExitAsync();
        LogStarted(Id, process.Id);
        Task send = SendAsync();
        try
        {
            int code = await exit;
            // Children that outlive the command end with it.
            process.Send(FleetSignal.Kill);
            await Task.WhenAny(fill, Task.Delay(Drain, tools.Clock, CancellationToken.None));
            await drained.CancelAsync();
            await fill;
            await send;
            return code;
        }
        finally
        {
            if (!exit.IsCompleted) process.Send(FleetSignal.Kill);
            await drained.CancelAsync();
            await fill;
            // A service that refuses the first word refuses the others as well; whoever awaited it has been told.
            await Task.WhenAny(send);
        }

        async Task SendAsync()
        {
            try
            {
                await ReportAsync(new() { Status = ExecutionStatus.Running, Pid = _container?.Name ?? process.Id.ToString(CultureInfo.InvariantCulture), Command = task.Command });
                await Task.WhenAll(
                    new LogSender(tools.Fleet, Id, LogStream.Output, output, tools.Clock).SendAsync(exit, _dropped.Token),
                    new LogSender(tools.Fleet, Id, LogStream.Error, errors, tools.Clock).SendAsync(exit, _dropped.Token));
            }
            catch (SkyDriverException)
            {
                // Nobody waits for this command any more.
                Drop();
                throw;
            }
        }
    }

    private async Task<bool> FinishAsync(FleetTaskV1 task, TaskFolder folder, int code)
    {
        _dropped.Token.ThrowIfCancellationRequested();
        lock (_gate) _process = null;
        if (_isGivenUp && code != 0) return false;
        // The process is over; what follows is the upload.
        await ReportAsync(new() { ReturnCode = code });
        IReadOnlyList<string> made;
        try
        {
            made = await tools.Stager.TakeAsync(task.Output, folder, _dropped.Token);
        }
        catch (StagingException fault)
        {
            return await FailAsync(fault.Message, FleetReturnCode.UploadFailed, ExecutionCause.UploadFailed);
        }

        bool isGood = code == 0;
        string? cause = !isGood && _isAsked ? ExecutionCause.Killed : null;
        await ReportAsync(new() { Status = isGood ? ExecutionStatus.Succeeded : ExecutionStatus.Failed, ReturnCode = code, Cause = cause, OutputFiles = made.Count > 0 ? string.Join(' ', made) : null });
        LogEnded(Id, code);
        Count(code);
        return isGood;
    }

    /// <summary>A command that fails says nothing about this machine.</summary>
    private void Count(int code)
    {
        string how = string.Create(CultureInfo.InvariantCulture, $"a command ended with code {code}");
        if (code == 0) tools.Failures.Succeeded();
        else if (NotHere.Contains(code)) tools.Failures.Failed(how);
        else if (!_isAsked) tools.Failures.Note(how);
    }

    private Launch Prepare(FleetTaskV1 task, TaskFolder folder)
    {
        IReadOnlyList<string> command = CommandLine.Arguments(task.Command, task.Shell);
        if (command.Count == 0) throw new FormatException("The command is empty.");
        string share = Math.Max(1, Environment.ProcessorCount / Math.Max(1, tools.Gate.Concurrency)).ToString(CultureInfo.InvariantCulture);
        if (task.Container is { Length: > 0 })
        {
            string engine = tools.Options.ContainerEngine ?? ContainerCommand.Find()
                ?? throw new StagingException($"Task {task.TaskId} wants a container, and this worker has none of {string.Join(", ", ContainerCommand.Engines)}; install one, or name it in SKYDRIVER_CONTAINER_ENGINE.");
            return ContainerCommand.Build(engine, $"skydriver-{Id}", task, folder, command, new Dictionary<string, string> { ["CPU"] = share });
        }

        return new(command, folder.Temporary, new Dictionary<string, string>
        {
            ["INPUT"] = folder.Input,
            ["OUTPUT"] = folder.Output,
            ["RESOURCE"] = folder.Resource,
            ["TEMP"] = folder.Temporary,
            ["CPU"] = share,
        });
    }

    private async Task SignalContainerAsync(ContainerHandle container, int signal)
    {
        try
        {
            using TaskProcess tell = TaskProcess.Start(new(ContainerCommand.Signal(container, signal), Path.GetTempPath(), new Dictionary<string, string>()));
            await tell.ExitAsync();
        }
        catch (Win32Exception fault)
        {
            LogNotTold(Id, signal, fault.Message);
        }
    }

    /// <returns>False, as what a failed execution left is kept.</returns>
    private async Task<bool> FailAsync(string why, int code, string cause)
    {
        LogFailed(Id, why);
        tools.Failures.Failed(why);
        // Whoever looks at the task finds the reason where a command would have said it.
        await tools.Fleet.AppendAsync(Id, LogStream.Error, why + "\n", null, _dropped.Token);
        await ReportAsync(new() { Status = ExecutionStatus.Failed, ReturnCode = code, Cause = cause });
        return false;
    }

    private Task ReportAsync(ExecutionFieldsV1 fields) => tools.Fleet.ReportAsync(Id, fields, _dropped.Token);

    private async Task TryReportAsync(ExecutionFieldsV1 fields)
    {
        try
        {
            await ReportAsync(fields);
        }
        catch (Exception late) when (late is SkyDriverException or OperationCanceledException)
        {
            LogDropped(Id, late.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "execution {Id} runs as process {Process}")]
    private partial void LogStarted(long id, int process);

    [LoggerMessage(Level = LogLevel.Information, Message = "execution {Id} ended with code {Code}")]
    private partial void LogEnded(long id, int code);

    [LoggerMessage(Level = LogLevel.Warning, Message = "execution {Id} failed: {Reason}")]
    private partial void LogFailed(long id, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "execution {Id} is dropped: {Reason}")]
    private partial void LogDropped(long id, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "signal {Signal} does not reach the container of execution {Id}: {Reason}")]
    private partial void LogNotTold(long id, int signal, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "execution {Id} cannot be done here")]
    private partial void LogBroken(long id, Exception fault);
}
