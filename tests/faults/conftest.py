"""Parts every fault test may use."""

from faults.report import fault_report

__all__ = ["fault_report"]
